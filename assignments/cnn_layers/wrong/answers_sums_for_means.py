"""Adds up the four pixels of each window and forgets to divide by their number."""

REPLACES = "conv_answers"
FAILS = ["conv_answers/average pooling"]
HINT = "a mean is divided by their four pixels"


conv_answers = {
    "parameters": 608,
    "output_shape": (28, 28, 8),
    "average_pooled": [[[4, 2], [2, 1]], [[2, 4], [1, 2]], [[1, 2], [2, 4]], [[2, 1], [4, 2]]],
    "max_pooled": [[[1, 1], [1, 1]]] * 4,
}
