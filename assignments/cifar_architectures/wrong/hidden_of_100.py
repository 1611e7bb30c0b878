"""M is taken, but 100 is used."""

REPLACES = "OneHiddenLayer.__init__"
FAILS = ["OneHiddenLayer"]
HINT = "not M"


def __init__(self, M):
    super().__init__()
    self.hidden = nn.Linear(3072, 100)
    self.out = nn.Linear(100, 10)
