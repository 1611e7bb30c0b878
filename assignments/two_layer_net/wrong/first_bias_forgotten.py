"""The bias of the hidden layer is left out, everywhere."""

FAILS = ["two_layer_net-scores"]
HINT = "The bias of the first layer is missing."
EDITS = {"hidden = np.maximum(X @ W1 + b1, 0)": "hidden = np.maximum(X @ W1, 0)"}
