"""axis=1 out of habit: in most libraries the classes are the columns."""

REPLACES = "softmax_probabilities"
FAILS = ["softmax_probabilities/the probabilities"]
HINT = "which axis runs over the classes"


def softmax_probabilities(scores):
    powers = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return powers / np.sum(powers, axis=1, keepdims=True)
