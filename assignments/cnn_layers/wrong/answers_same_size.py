"""Thinks that a convolution keeps the size of the image."""

REPLACES = "conv_answers"
FAILS = ["conv_answers/shape of the output"]
HINT = "where can a 5 × 5 window begin?"


conv_answers = {
    "parameters": 608,
    "output_shape": (32, 32, 8),
    "average_pooled": [[[1, 0.5], [0.5, 0.25]], [[0.5, 1], [0.25, 0.5]], [[0.25, 0.5], [0.5, 1]], [[0.5, 0.25], [1, 0.5]]],
    "max_pooled": [[[1, 1], [1, 1]]] * 4,
}
