"""The published slip: 3052 for 3072."""

REPLACES = "LogisticRegression"
FAILS = ["LogisticRegression"]
HINT = "3,072 numbers, not 3,052"


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3052, 10)

    def forward(self, images):
        return self.linear(images.flatten(1))
