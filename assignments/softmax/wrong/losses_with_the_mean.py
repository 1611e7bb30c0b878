"""The mean score of each image is subtracted: that helps until the scores of one image differ by much."""

FAILS = ["softmax_loss_vectorized/large scores, in both functions"]
HINT = "subtract the largest score of each image"
EDITS = {"scores = scores - scores.max(axis=0)": "scores = scores - scores.mean(axis=0)"}
