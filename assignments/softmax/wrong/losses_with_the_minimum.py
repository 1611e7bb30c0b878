"""The smallest score is subtracted, so that all scores become positive: exp overflows the sooner."""

FAILS = ["softmax_loss_vectorized/large scores, in both functions"]
HINT = "in softmax_loss_vectorized"
EDITS = {"scores = scores - scores.max(axis=0)": "scores = scores - scores.min()"}
