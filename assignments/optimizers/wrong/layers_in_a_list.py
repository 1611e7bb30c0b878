"""A Python list of layers: torch does not see their parameters."""

REPLACES = "MLP"
FAILS = ["MLP"]
HINT = "not in a list"


class MLP(nn.Module):
    def __init__(self, num_hidden):
        super().__init__()
        self.layers = [nn.Linear(784, num_hidden), nn.Linear(num_hidden, 10)]

    def forward(self, images):
        return self.layers[1](F.relu(self.layers[0](images.flatten(1))))
