"""M is taken, but 100 is used."""

REPLACES = "OneHiddenLayer"
FAILS = ["OneHiddenLayer"]
HINT = "not M"


class OneHiddenLayer(nn.Module):
    def __init__(self, M):
        super().__init__()
        self.hidden = nn.Linear(3072, 100)
        self.out = nn.Linear(100, 10)

    def forward(self, images):
        return self.out(F.relu(self.hidden(images.flatten(1))))
