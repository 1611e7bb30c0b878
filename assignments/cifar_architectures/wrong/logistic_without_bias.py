"""The bias is forgotten."""

REPLACES = "LogisticRegression"
FAILS = ["LogisticRegression"]
HINT = "The biases are missing"


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3 * 32 * 32, 10, bias=False)

    def forward(self, images):
        return self.linear(images.flatten(1))
