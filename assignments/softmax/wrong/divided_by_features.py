"""Divides the gradient by len(X), as where examples are rows: here that is the number of features."""

FAILS = ["softmax_loss_vectorized/the gradient"]
HINT = "X.shape[1]"
EDITS = {"dW = G @ X.T / N                                                  # (C, D)": "dW = G @ X.T / len(X)"}
