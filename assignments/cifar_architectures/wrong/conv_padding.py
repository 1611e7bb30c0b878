"""A convolution that keeps the size of the image, as in most networks."""

REPLACES = "ConvMaxPool"
FAILS = ["ConvMaxPool"]
HINT = "pads the image"


class ConvMaxPool(nn.Module):
    def __init__(self, M, p, N):
        super().__init__()
        self.conv = nn.Conv2d(3, M, p, padding="same")
        self.pool = nn.MaxPool2d(N)
        self.out = nn.Linear(M * (32 // N) ** 2, 10)

    def forward(self, images):
        return self.out(self.pool(F.relu(self.conv(images))).flatten(1))
