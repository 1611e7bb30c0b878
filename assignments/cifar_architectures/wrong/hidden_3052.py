"""The published slip: 3052 for 3072."""

REPLACES = "OneHiddenLayer"
FAILS = ["OneHiddenLayer"]
HINT = "3,072 numbers, not 3,052"


class OneHiddenLayer(nn.Module):
    def __init__(self, M):
        super().__init__()
        self.hidden = nn.Linear(3052, M)
        self.out = nn.Linear(M, 10)

    def forward(self, images):
        return self.out(F.relu(self.hidden(images.flatten(1))))
