"""The smallest score is subtracted, so that all become positive: exp overflows the sooner."""

FAILS = ["two_layer_net-loss/large scores, in loss and gradients"]
HINT = "subtract the largest score of each example"
EDITS = {"shifted = scores - scores.max(axis=1, keepdims=True)": "shifted = scores - scores.min(axis=1, keepdims=True)"}
