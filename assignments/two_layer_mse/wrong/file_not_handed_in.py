"""Hands in the notebook alone; the weights stay on the laptop."""

REPLACES = "best_net"
FAILS = ["best_net"]
HINT = "hand the file in with the notebook"


def best_net(model):
    return None
