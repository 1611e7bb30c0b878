"""Returns the layers, not a network."""

REPLACES = "build_model_1000"
FAILS = ["build_model_1000"]
HINT = "list of layers"


def build_model_1000():
    return [nn.Flatten(), nn.Linear(784, 500), nn.ReLU(), nn.Linear(500, 300), nn.ReLU(), nn.Linear(300, 200), nn.ReLU(), nn.Linear(200, 10)]
