"""Takes the layer of the scores for the second hidden one."""

REPLACES = "build_model_200"
FAILS = ["build_model_200"]
HINT = "it is not a hidden layer"


def build_model_200():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 190), nn.ReLU(), nn.Linear(190, 10))
