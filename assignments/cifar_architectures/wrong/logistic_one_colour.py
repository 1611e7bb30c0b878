"""The colours are averaged away."""

REPLACES = "LogisticRegression"
FAILS = ["LogisticRegression"]
HINT = "three colours"


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(32 * 32, 10)

    def forward(self, images):
        return self.linear(images.mean(dim=1).flatten(1))
