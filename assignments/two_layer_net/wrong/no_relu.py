"""The hidden layer is linear: the maximum is forgotten, so two layers are no more than one."""

FAILS = ["two_layer_net-scores"]
HINT = "The hidden layer has no ReLU"
EDITS = {
    "hidden = np.maximum(X @ W1 + b1, 0)": "hidden = X @ W1 + b1",
    "dhidden = (dscores @ W2.T) * (hidden > 0)": "dhidden = (dscores @ W2.T)",
}
