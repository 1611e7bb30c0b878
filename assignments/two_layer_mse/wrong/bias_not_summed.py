"""The gradient of a bias is left as one row for each example."""

FAILS = ["loss-gradients/the output layer"]
HINT = "take the sum over axis 0"
EDITS = {
    'grads = {"W1": dhidden.T @ X + reg * W1, "b1": dhidden.sum(axis=0),':
        'grads = {"W1": dhidden.T @ X + reg * W1, "b1": dhidden,',
    '"W2": doutputs.T @ hidden + reg * W2, "b2": doutputs.sum(axis=0)}':
        '"W2": doutputs.T @ hidden + reg * W2, "b2": doutputs}',
}
