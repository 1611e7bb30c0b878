"""The hidden layer is linear: the maximum is forgotten."""

FAILS = ["loss-scores"]
HINT = "The hidden layer has no ReLU"
EDITS = {
    "hidden = np.maximum(X @ W1.T + b1, 0)": "hidden = X @ W1.T + b1",
    "dhidden = (doutputs @ W2) * (hidden > 0)": "dhidden = (doutputs @ W2)",
}
