"""The mean is subtracted once more to be safe, with -= on the array of the caller."""

FAILS = ["two_layer_net-scores"]
HINT = "The function changed the input `X`"
EDITS = {
    'W1, b1, W2, b2 = model["W1"], model["b1"], model["W2"], model["b2"]': """
W1, b1, W2, b2 = model["W1"], model["b1"], model["W2"], model["b2"]
X -= X.mean(axis=0)
""",
}
