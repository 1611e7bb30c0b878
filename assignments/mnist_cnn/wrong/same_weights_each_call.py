"""Sets a seed in the function: every new network is the same one."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "set no seed"


def build_cnn():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(0.3), nn.Linear(2304, 10))
