"""The mask of the ReLU is taken from the gradient that comes back, not from the hidden values."""

FAILS = ["two_layer_net-gradients/the first layer"]
HINT = "it is the hidden unit that must be above 0"
EDITS = {"dhidden = (dscores @ W2.T) * (hidden > 0)": "dhidden = np.maximum(dscores @ W2.T, 0)"}
