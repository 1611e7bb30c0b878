"""Neither function subtracts the largest score: one slip, paid once."""

FAILS = ["softmax_loss_vectorized/large scores, in both functions"]
HINT = "subtract the largest score of each image"
EDITS = {"s = s - s.max()": "", "scores = scores - scores.max(axis=0)": ""}
