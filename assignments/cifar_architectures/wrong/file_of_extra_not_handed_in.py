"""Leaves the extra credit out: its points are then not earned, and nothing else is lost."""

REPLACES = "extra"
FAILS = ["extra"]
HINT = "hand the file in with the notebook"


def extra(model):
    return None
