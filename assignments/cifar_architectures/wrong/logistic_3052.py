"""The published slip: 3052 for 3072."""

REPLACES = "LogisticRegression.__init__"
FAILS = ["LogisticRegression"]
HINT = "3,072 numbers, not 3,052"


def __init__(self):
    super().__init__()
    self.linear = nn.Linear(3052, 10)
