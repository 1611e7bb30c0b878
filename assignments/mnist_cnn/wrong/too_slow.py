"""Three wide convolutions before the first pooling: few parameters, many multiplications."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "multiplications"


def build_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 64, 5), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(),
        nn.Dropout(0.3), nn.Linear(1600, 10))
