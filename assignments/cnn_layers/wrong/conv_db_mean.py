"""Averages the bias's gradient over places and images."""

REPLACES = "conv_backward_naive"
FAILS = ["conv_backward_naive/db"]
HINT = "db is a mean"
EDITS = {"return dx, dw, db": "return dx, dw, db / dout[:, 0].size"}
