"""Forgets the batch norm."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "does not use a layer BatchNorm2d"


def build_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(0.3), nn.Linear(800, 10))
