"""The mean over the examples, though the 1/N is in already."""

FAILS = ["two_layer_net-gradients/the second layer"]
HINT = "the 1/N is in the slopes of the scores already"
EDITS = {
    'grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden.sum(axis=0),':
        'grads = {"W1": X.T @ dhidden + reg * W1, "b1": dhidden.mean(axis=0),',
    '"W2": hidden.T @ dscores + reg * W2, "b2": dscores.sum(axis=0)}':
        '"W2": hidden.T @ dscores + reg * W2, "b2": dscores.mean(axis=0)}',
}
