"""A softmax at the end."""

REPLACES = "ConvMaxPool"
FAILS = ["ConvMaxPool"]
HINT = "went through a softmax"


class ConvMaxPool(nn.Module):
    def __init__(self, M, p, N):
        super().__init__()
        self.conv = nn.Conv2d(3, M, p)
        self.pool = nn.MaxPool2d(N)
        self.out = nn.Linear(M * ((33 - p) // N) ** 2, 10)

    def forward(self, images):
        return F.softmax(self.out(self.pool(F.relu(self.conv(images))).flatten(1)), dim=1)
