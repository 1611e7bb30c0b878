"""Takes a filter for a flat square."""

REPLACES = "conv_answers"
FAILS = ["conv_answers/parameters"]
HINT = "Each filter reaches through all the channels"


conv_answers = {
    "parameters": 208,
    "output_shape": (28, 28, 8),
    "average_pooled": [[[1, 0.5], [0.5, 0.25]], [[0.5, 1], [0.25, 0.5]], [[0.25, 0.5], [0.5, 1]], [[0.5, 0.25], [1, 0.5]]],
    "max_pooled": [[[1, 1], [1, 1]]] * 4,
}
