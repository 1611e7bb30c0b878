"""A sigmoid in the hidden layer, as in older books, with the way back of a ReLU."""

FAILS = ["loss-scores"]
HINT = "This is a sigmoid"
EDITS = {"hidden = np.maximum(X @ W1.T + b1, 0)": "hidden = 1 / (1 + np.exp(-(X @ W1.T + b1)))"}
