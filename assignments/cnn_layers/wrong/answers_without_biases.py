"""Counts the weights of the filters and forgets their biases."""

REPLACES = "conv_answers"
FAILS = ["conv_answers/parameters"]
HINT = "Are the biases counted?"


conv_answers = {
    "parameters": 600,
    "output_shape": (28, 28, 8),
    "average_pooled": [[[1, 0.5], [0.5, 0.25]], [[0.5, 1], [0.25, 0.5]], [[0.25, 0.5], [0.5, 1]], [[0.5, 0.25], [1, 0.5]]],
    "max_pooled": [[[1, 1], [1, 1]]] * 4,
}
