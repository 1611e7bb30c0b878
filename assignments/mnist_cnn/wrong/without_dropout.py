"""Forgets the dropout."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "does not use a layer Dropout"


def build_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(800, 64), nn.ReLU(), nn.Linear(64, 10))
