"""Adds the regularisation to the loss and forgets its gradient."""

FAILS = ["two_layer_convnet/gradients"]
HINT = "The regularisation is in the loss, but not in this gradient"
EDITS = {
    'grads = {"W1": dW1 + reg * W1, "b1": db1, "W2": dW2 + reg * W2, "b2": db2}':
        'grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}',
}
