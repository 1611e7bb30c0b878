"""The softmax is taken before the scores are returned, and once more in the loss."""

FAILS = ["two_layer_net-scores"]
HINT = "These are probabilities"
EDITS = {
    "scores = hidden @ W2 + b2": """
scores = hidden @ W2 + b2
powers = np.exp(scores - scores.max(axis=1, keepdims=True))
scores = powers / powers.sum(axis=1, keepdims=True)
""",
}
