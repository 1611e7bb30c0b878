"""A tanh in the hidden layer, as in older books, with the way back of a ReLU."""

FAILS = ["loss-scores"]
HINT = "This is tanh"
EDITS = {"hidden = np.maximum(X @ W1.T + b1, 0)": "hidden = np.tanh(X @ W1.T + b1)"}
