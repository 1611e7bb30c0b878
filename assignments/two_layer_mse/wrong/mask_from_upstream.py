"""The mask of the ReLU is taken from the gradient that comes back."""

FAILS = ["loss-gradients/the hidden layer"]
HINT = "it is the hidden unit that must be above 0"
EDITS = {"dhidden = (doutputs @ W2) * (hidden > 0)": "dhidden = np.maximum(doutputs @ W2, 0)"}
