"""One output, the digit itself, as in regression."""

REPLACES = "build_model_100"
FAILS = ["build_model_100"]
HINT = "not ten scores"


def build_model_100():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 1))
