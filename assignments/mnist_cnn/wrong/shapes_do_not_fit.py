"""Computes the input of the Linear layer as if convolutions kept the size."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "but its input has the shape"


def build_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(0.3), nn.Linear(32 * 7 * 7, 10))
