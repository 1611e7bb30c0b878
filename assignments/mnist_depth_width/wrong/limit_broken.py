"""128 units, a round number, where at most 100 are allowed."""

REPLACES = "build_model_100"
FAILS = ["build_model_100"]
HINT = "128 hidden units"


def build_model_100():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
