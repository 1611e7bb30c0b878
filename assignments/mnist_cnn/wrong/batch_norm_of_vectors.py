"""Batch norm after the Linear layer only: that is BatchNorm1d."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "does not use a layer BatchNorm2d"


def build_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(0.3), nn.Linear(2304, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
