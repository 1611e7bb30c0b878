"""Overflow is kept off by cutting the scores at 500, which changes the probabilities."""

FAILS = ["two_layer_net-loss/large scores, in loss and gradients"]
HINT = "cut off at a limit"
EDITS = {"shifted = scores - scores.max(axis=1, keepdims=True)": "shifted = np.clip(scores, -500, 500)"}
