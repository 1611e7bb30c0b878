"""Forgets the ReLU: two linear maps in a row are one."""

REPLACES = "build_model_100"
FAILS = ["build_model_100"]
HINT = "no ReLU between them"


def build_model_100():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.Linear(100, 10))
