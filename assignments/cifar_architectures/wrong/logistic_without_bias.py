"""The bias is forgotten."""

REPLACES = "LogisticRegression.__init__"
FAILS = ["LogisticRegression"]
HINT = "The biases are missing"


def __init__(self):
    super().__init__()
    self.linear = nn.Linear(3 * 32 * 32, 10, bias=False)
