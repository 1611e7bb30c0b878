"""The ReLU is forgotten on the way back."""

FAILS = ["two_layer_net-gradients"]
HINT = "gradient of W1"
EDITS = {"dhidden = (dscores @ W2.T) * (hidden > 0)": "dhidden = (dscores @ W2.T)"}
