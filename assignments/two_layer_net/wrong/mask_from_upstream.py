"""The mask of the ReLU is taken from the gradient that comes back, not from the hidden values."""

FAILS = ["two_layer_net-gradients"]
HINT = "gradient of W1"
EDITS = {"dhidden = (dscores @ W2.T) * (hidden > 0)": "dhidden = np.maximum(dscores @ W2.T, 0)"}
