"""The regularisation has no part in the gradients."""

FAILS = ["loss-gradients/the output layer"]
HINT = "The regularisation has no part in the gradient"
EDITS = {
    'grads = {"W1": dhidden.T @ X + reg * W1, "b1": dhidden.sum(axis=0),':
        'grads = {"W1": dhidden.T @ X, "b1": dhidden.sum(axis=0),',
    '"W2": doutputs.T @ hidden + reg * W2, "b2": doutputs.sum(axis=0)}':
        '"W2": doutputs.T @ hidden, "b2": doutputs.sum(axis=0)}',
}
