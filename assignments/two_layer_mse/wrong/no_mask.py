"""The ReLU is forgotten on the way back."""

FAILS = ["loss-gradients"]
HINT = "The gradient of W1"
EDITS = {"dhidden = (doutputs @ W2) * (hidden > 0)": "dhidden = (doutputs @ W2)"}
