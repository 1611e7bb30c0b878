"""Takes the step with the gradient of the whole loss."""

REPLACES = "sgd_step_loss"
FAILS = ["sgd_step_loss/the loss after the step"]
HINT = "as one with the gradient of the whole loss would"


def sgd_step_loss(eta):
    loss = lambda w: 0.5 * (w - 2) ** 2 + 0.5 * (w + 1) ** 2
    return loss(0.0), loss(-eta * (-2 + 1))
