"""The gradient of a bias is left as one row for each example."""

FAILS = ["two_layer_net-gradients/the second layer"]
HINT = "take the sum over axis 0"
EDITS = {
    'grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden.sum(axis=0),':
        'grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden,',
    '"W2": hidden.T @ dscores + reg * W2, "b2": dscores.sum(axis=0)}':
        '"W2": hidden.T @ dscores + reg * W2, "b2": dscores}',
}
