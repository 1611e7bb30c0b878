"""The number of images in a batch stands in forward, as in the published version."""

REPLACES = "LogisticRegression"
FAILS = ["LogisticRegression"]
HINT = "Is the number of images written into forward"


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3 * 32 * 32, 10)

    def forward(self, images):
        return self.linear(images.reshape(4, -1))
