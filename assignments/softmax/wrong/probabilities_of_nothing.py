"""The same share for every class: it knows of no overflow, and must not earn the point for that."""

REPLACES = "softmax_probabilities"
FAILS = ["softmax_probabilities"]
HINT = "do not depend on the scores"


def softmax_probabilities(scores):
    return np.full(np.shape(scores), 1 / len(scores))
