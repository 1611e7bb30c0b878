"""A ReLU after every layer, the last one too."""

FAILS = ["two_layer_net-scores"]
HINT = "there is no ReLU after the second layer"
EDITS = {
    "scores = hidden @ W2 + b2": "scores = np.maximum(hidden @ W2 + b2, 0)",
    "dscores /= N": "dscores = dscores / N * (scores > 0)",
}
