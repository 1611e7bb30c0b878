"""Makes images columns with reshape, which mixes the numbers of several images."""

REPLACES = "LogisticRegression"
FAILS = ["LogisticRegression"]
HINT = "different images are mixed"


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(32 * 32 * 3, 10)

    def forward(self, images):
        x = images.reshape(32 * 32 * 3, -1).T
        return self.fc(x)
