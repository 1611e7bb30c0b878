"""Pooling with stride 1."""

REPLACES = "ConvMaxPool"
FAILS = ["ConvMaxPool"]
HINT = "overlap"


class ConvMaxPool(nn.Module):
    def __init__(self, M, p, N):
        super().__init__()
        self.conv = nn.Conv2d(3, M, p)
        self.pool = nn.MaxPool2d(N, stride=1)
        self.out = nn.Linear(M * (33 - p - N + 1) ** 2, 10)

    def forward(self, images):
        return self.out(self.pool(F.relu(self.conv(images))).flatten(1))
