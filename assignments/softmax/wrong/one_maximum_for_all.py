"""The largest of all scores is subtracted: images whose scores are much lower become 0/0."""

REPLACES = "softmax_probabilities"
FAILS = ["softmax_probabilities"]
HINT = "subtract the largest score of each image"


def softmax_probabilities(scores):
    powers = np.exp(scores - np.max(scores))
    return powers / np.sum(powers, axis=0)
