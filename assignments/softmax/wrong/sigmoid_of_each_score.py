"""The sigmoid of each score, as for one yes-or-no question."""

REPLACES = "softmax_probabilities"
FAILS = ["softmax_probabilities/the probabilities"]
HINT = "This is the sigmoid of each score alone"


def softmax_probabilities(scores):
    return special.expit(scores)
