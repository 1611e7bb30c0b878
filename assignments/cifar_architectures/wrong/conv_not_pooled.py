"""The pooling layer is there, but forward does not use it."""

REPLACES = "ConvMaxPool"
FAILS = ["ConvMaxPool"]
HINT = "not pooled"


class ConvMaxPool(nn.Module):
    def __init__(self, M, p, N):
        super().__init__()
        self.conv = nn.Conv2d(3, M, p)
        self.pool = nn.MaxPool2d(N)
        self.out = nn.Linear(M * (33 - p) ** 2, 10)

    def forward(self, images):
        return self.out(F.relu(self.conv(images)).flatten(1))
