"""Begins with zeros, as one may without a hidden layer: no gradient but the last bias's is ever different from 0."""

REPLACES = "OneHiddenLayer"
FAILS = ["OneHiddenLayer"]
HINT = "hidden layer of zeros"


class OneHiddenLayer(nn.Module):
    def __init__(self, M):
        super().__init__()
        self.W1 = nn.Parameter(torch.zeros(M, 3072))
        self.b1 = nn.Parameter(torch.zeros(M))
        self.W2 = nn.Parameter(torch.zeros(10, M))
        self.b2 = nn.Parameter(torch.zeros(10))

    def forward(self, images):
        x = images.view(len(images), -1)
        h = torch.clamp(x @ self.W1.T + self.b1, min=0)
        return h @ self.W2.T + self.b2
