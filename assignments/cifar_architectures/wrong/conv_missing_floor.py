"""The published formula: the side is squared before it is rounded."""

REPLACES = "ConvMaxPool"
FAILS = ["ConvMaxPool"]
HINT = "before you square it"


class ConvMaxPool(nn.Module):
    def __init__(self, M, p, N):
        super().__init__()
        self.conv = nn.Conv2d(3, M, p)
        self.pool = nn.MaxPool2d(N)
        self.out = nn.Linear(int(M * ((33 - p) / N) ** 2), 10)

    def forward(self, images):
        return self.out(self.pool(F.relu(self.conv(images))).flatten(1))
