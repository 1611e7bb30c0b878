"""A ReLU after the last layer, out of habit."""

REPLACES = "LogisticRegression"
FAILS = ["LogisticRegression"]
HINT = "they may be negative"


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3 * 32 * 32, 10)

    def forward(self, images):
        return F.relu(self.linear(images.flatten(1)))
