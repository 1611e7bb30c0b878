"""The regularisation has no part in the gradients."""

FAILS = ["two_layer_net-gradients/the second layer"]
HINT = "The regularisation has no part in the gradient"
EDITS = {
    'grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden.sum(axis=0),':
        'grads = {"W1": X.T @ dhidden, "b1": dhidden.sum(axis=0),',
    '"W2": hidden.T @ dscores + reg * W2, "b2": dscores.sum(axis=0)}':
        '"W2": hidden.T @ dscores, "b2": dscores.sum(axis=0)}',
}
