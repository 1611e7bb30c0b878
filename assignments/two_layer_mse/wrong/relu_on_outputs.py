"""A ReLU after every layer, the last one too."""

FAILS = ["loss-scores"]
HINT = "there is no ReLU after the second layer"
EDITS = {
    "outputs = hidden @ W2.T + b2": "outputs = np.maximum(hidden @ W2.T + b2, 0)",
    "doutputs = errors / N": "doutputs = errors / N * (outputs > 0)",
}
