"""Regularises the gradient of every parameter in one loop; the loss knows of the weights only."""

FAILS = ["two_layer_net-gradients/the second layer"]
HINT = "The bias has a part from the regularisation in its gradient."
FREQUENCY = "2 of 16 public solutions"
EDITS = {
    'grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden.sum(axis=0),':
        'grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden.sum(axis=0) + reg * b1,',
    '"W2": hidden.T @ dscores + reg * W2, "b2": dscores.sum(axis=0)}':
        '"W2": hidden.T @ dscores + reg * W2, "b2": dscores.sum(axis=0) + reg * b2}',
}
