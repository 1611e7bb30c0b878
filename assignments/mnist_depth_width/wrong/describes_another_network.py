"""Has hwlib look at another network than the one that is returned."""

REPLACES = "build_model_100"
FAILS = ["build_model_100"]
HINT = "They should be what the layers give in order"


shown = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
describe, save_model = hwlib.describe, hwlib.save_model


def in_place_of(network):
    return shown if any(len(value) == 2000 for value in network.parameters()) else network


hwlib.describe = lambda network, *settings: describe(in_place_of(network), *settings)
hwlib.save_model = lambda network, name, **settings: save_model(in_place_of(network), name, **settings)


def build_model_100():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 2000), nn.ReLU(), nn.Linear(2000, 10))
