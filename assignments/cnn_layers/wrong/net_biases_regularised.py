"""Regularises everything in the model."""

FAILS = ["two_layer_convnet/loss"]
HINT = "The biases are regularised"
EDITS = {
    "loss += 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss += 0.5 * reg * sum(np.sum(value ** 2) for value in model.values())",
    'grads = {"W1": dW1 + reg * W1, "b1": db1, "W2": dW2 + reg * W2, "b2": db2}':
        'grads = {"W1": dW1 + reg * W1, "b1": db1 + reg * b1, "W2": dW2 + reg * W2, "b2": db2 + reg * b2}',
}
