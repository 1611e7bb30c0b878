"""Reads the budget as one for each layer."""

REPLACES = "build_model_200"
FAILS = ["build_model_200"]
HINT = "400 hidden units"


def build_model_200():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, 10))
