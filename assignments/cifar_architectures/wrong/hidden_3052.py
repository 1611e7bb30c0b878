"""The published slip: 3052 for 3072."""

REPLACES = "OneHiddenLayer.__init__"
FAILS = ["OneHiddenLayer"]
HINT = "3,072 numbers, not 3,052"


def __init__(self, M):
    super().__init__()
    self.hidden = nn.Linear(3052, M)
    self.out = nn.Linear(M, 10)
