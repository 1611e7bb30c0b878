"""A wide Linear layer right after the first convolution: 3 million weights."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "at most 999,999 are allowed"


def build_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(),
        nn.Dropout(0.3), nn.Linear(9216, 400), nn.ReLU(), nn.Linear(400, 10))
