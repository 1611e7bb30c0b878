"""The examples are centred in place on the way to the loss, with the array of the caller."""

FAILS = ["two_layer_net-loss/the loss", "two_layer_net-gradients/the first layer"]
ALSO = {"two_layer_net-gradients/the first layer": "dW1 is computed from the changed X, and only the change itself tells that from another mistake"}
HINT = "The function changed the input `X`"
EDITS = {"N = len(X)": "N = len(X)\nX -= X.mean(axis=0)"}
