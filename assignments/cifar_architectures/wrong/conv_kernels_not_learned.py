"""The convolution is computed without gradients."""

REPLACES = "ConvMaxPool"
FAILS = ["ConvMaxPool"]
HINT = "cuts the graph"


class ConvMaxPool(nn.Module):
    def __init__(self, M, p, N):
        super().__init__()
        self.conv = nn.Conv2d(3, M, p)
        self.pool = nn.MaxPool2d(N)
        self.out = nn.Linear(M * ((33 - p) // N) ** 2, 10)

    def forward(self, images):
        with torch.no_grad():
            maps = self.pool(F.relu(self.conv(images)))
        return self.out(maps.flatten(1))
