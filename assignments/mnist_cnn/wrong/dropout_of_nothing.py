"""Dropout with p = 0: it is there, and does nothing."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "drops anything"


def build_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(0), nn.Linear(800, 10))
