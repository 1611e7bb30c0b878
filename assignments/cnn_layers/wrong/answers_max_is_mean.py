"""Takes the maximum for the share of ones, rounded."""

REPLACES = "conv_answers"
FAILS = ["conv_answers/maximum pooling"]
HINT = "Is there a 1 in each window?"


conv_answers = {
    "parameters": 608,
    "output_shape": (28, 28, 8),
    "average_pooled": [[[1, 0.5], [0.5, 0.25]], [[0.5, 1], [0.25, 0.5]], [[0.25, 0.5], [0.5, 1]], [[0.5, 0.25], [1, 0.5]]],
    "max_pooled": [[[1, 1], [1, 0]], [[1, 1], [0, 1]], [[0, 1], [1, 1]], [[1, 0], [1, 1]]],
}
