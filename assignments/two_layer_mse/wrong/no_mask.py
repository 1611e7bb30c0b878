"""The ReLU is forgotten on the way back."""

FAILS = ["loss-gradients/the hidden layer"]
HINT = "a silent unit passes nothing"
EDITS = {"dhidden = (doutputs @ W2) * (hidden > 0)": "dhidden = (doutputs @ W2)"}
