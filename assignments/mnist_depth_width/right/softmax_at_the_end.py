"""Ends in a softmax, which is allowed, for a loss that takes probabilities."""

REPLACES = ("build_model_100", "build_model_200")


def build_model_100():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10), nn.Softmax(dim=1))


def build_model_200():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 10), nn.Softmax(dim=-1))
