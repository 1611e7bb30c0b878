"""The examples are centred in place on the way to the loss, with the array of the caller."""

FAILS = ["two_layer_net-loss/the loss"]
HINT = "The function changed the input `X`"
EDITS = {"N = len(X)": "N = len(X)\nX -= X.mean(axis=0)"}
