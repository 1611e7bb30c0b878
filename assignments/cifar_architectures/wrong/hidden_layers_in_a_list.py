"""The layers are in a Python list, where torch does not see their parameters."""

REPLACES = "OneHiddenLayer"
FAILS = ["OneHiddenLayer"]
HINT = "in a Python list"


class OneHiddenLayer(nn.Module):
    def __init__(self, M):
        super().__init__()
        self.layers = [nn.Linear(3072, M), nn.ReLU(), nn.Linear(M, 10)]

    def forward(self, images):
        x = images.flatten(1)
        for layer in self.layers:
            x = layer(x)
        return x
