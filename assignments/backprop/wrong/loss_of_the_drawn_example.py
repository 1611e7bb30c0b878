"""Looks only at the loss of the example that was drawn: that one does fall."""

REPLACES = "sgd_step_loss"
FAILS = ["sgd_step_loss/the loss before the step"]
HINT = "This is the loss of the second example only"


def sgd_step_loss(eta):
    loss = lambda w: 0.5 * (w + 1) ** 2
    return loss(0.0), loss(-eta)
