"""Overflow is kept off by cutting the scores at 500, which changes the probabilities."""

FAILS = ["softmax_loss_vectorized/large scores, in both functions"]
HINT = "cut off at a limit"
EDITS = {"scores = scores - scores.max(axis=0)": "scores = np.clip(scores, -500, 500)"}
