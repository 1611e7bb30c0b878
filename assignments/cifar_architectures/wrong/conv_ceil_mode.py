"""Windows that hang over the edge are pooled too."""

REPLACES = "ConvMaxPool"
FAILS = ["ConvMaxPool"]
HINT = "round down, not up"


class ConvMaxPool(nn.Module):
    def __init__(self, M, p, N):
        super().__init__()
        self.conv = nn.Conv2d(3, M, p)
        self.pool = nn.MaxPool2d(N, ceil_mode=True)
        self.out = nn.Linear(M * (-(-(33 - p) // N)) ** 2, 10)

    def forward(self, images):
        return self.out(self.pool(F.relu(self.conv(images))).flatten(1))
