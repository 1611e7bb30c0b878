"""The ReLU is forgotten on the way back."""

FAILS = ["two_layer_net-gradients/the first layer"]
HINT = "a silent unit passes nothing"
EDITS = {"dhidden = (dscores @ W2.T) * (hidden > 0)": "dhidden = (dscores @ W2.T)"}
