"""Builds the network and forgets to return it."""

REPLACES = "build_model_1000"
FAILS = ["build_model_1000"]
HINT = "returns nothing"


def build_model_1000():
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 500), nn.ReLU(), nn.Linear(500, 300), nn.ReLU(), nn.Linear(300, 200), nn.ReLU(),
                          nn.Linear(200, 10))
