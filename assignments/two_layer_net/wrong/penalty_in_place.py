"""The penalty is added to the weights themselves instead of to the gradients: weight decay on the caller's arrays."""

FAILS = ["two_layer_net-loss/the loss"]
HINT = "The function changed the input `model`"
EDITS = {
    "dhidden = (dscores @ W2.T) * (hidden > 0)": """
dhidden = (dscores @ W2.T) * (hidden > 0)
W1 *= 1 - 1e-12
""",
}
