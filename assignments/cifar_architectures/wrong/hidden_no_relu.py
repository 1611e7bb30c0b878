"""Two Linear layers and nothing between them."""

REPLACES = "OneHiddenLayer"
FAILS = ["OneHiddenLayer"]
HINT = "no ReLU after the hidden layer"


class OneHiddenLayer(nn.Module):
    def __init__(self, M):
        super().__init__()
        self.hidden = nn.Linear(3072, M)
        self.out = nn.Linear(M, 10)

    def forward(self, images):
        return self.out(self.hidden(images.flatten(1)))
