"""Counts ten other classes."""

REPLACES = "loss_floor"
FAILS = ["loss_floor"]
HINT = "nine other classes"


loss_floor = np.log(1 + 10 / np.e)
