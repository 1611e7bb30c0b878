"""The largest of all scores is subtracted: images whose scores are much lower become 0/0."""

REPLACES = "softmax_probabilities"
FAILS = ["softmax_probabilities/large scores"]
HINT = "Subtract the largest score of *each image*"
FREQUENCY = "1 of 16 public solutions"


def softmax_probabilities(scores):
    powers = np.exp(scores - np.max(scores))
    return powers / np.sum(powers, axis=0)
