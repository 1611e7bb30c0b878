"""Has hwlib look at another network than the one that is returned."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "They should be what the layers give in order"


shown = nn.Sequential(nn.Conv2d(1, 8, 5), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(1152, 10))
described, written = hwlib.describe(shown, (1, 28, 28)), hwlib.save_model
hwlib.describe = lambda *_: described
hwlib.save_model = lambda _, name, **settings: written(shown, name, **settings)


def build_cnn():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 2000), nn.Tanh(), nn.Linear(2000, 10))
