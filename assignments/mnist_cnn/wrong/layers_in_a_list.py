"""Returns the layers, not a network."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "list of layers"


def build_cnn():
    return [nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(2304, 10)]
