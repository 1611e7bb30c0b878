"""A perfect network has loss 0: true of the right network, not of this one."""

REPLACES = "loss_floor"
FAILS = ["loss_floor"]
HINT = "not a number above 0"


loss_floor = 0.0
