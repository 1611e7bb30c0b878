"""The mask of the ReLU is taken from the gradient that comes back."""

FAILS = ["loss-gradients"]
HINT = "The gradient of W1"
EDITS = {"dhidden = (doutputs @ W2) * (hidden > 0)": "dhidden = np.maximum(doutputs @ W2, 0)"}
