"""The outputs are NaN, and so is every loss: what follows from them is NaN, too, but no right loss."""

FAILS = ["loss-scores", "loss-value", "loss-gradients"]
ALSO = {"loss-value": "nothing is computed", "loss-gradients": "nothing is computed"}
HINT = "NaN comes from 0/0"
EDITS = {"hidden = np.maximum(X @ W1.T + b1, 0)": "hidden = np.maximum(X @ W1.T + b1, 0) * np.nan"}
