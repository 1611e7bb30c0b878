"""A class with a Python list of layers: torch does not see their weights."""

REPLACES = "build_model_200"
FAILS = ["build_model_200"]
HINT = "cannot follow forward"


def build_model_200():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Flatten(), nn.Linear(784, 150), nn.ReLU(), nn.Linear(150, 50), nn.ReLU(), nn.Linear(50, 10)]

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    return Network()
