"""The decay is subtracted directly, not as a part of the gradient."""

REPLACES = "sgd_step"
FAILS = ["sgd_step/weight decay"]
HINT = "the learning rate multiplies it too"


def sgd_step(param, grad, state, lr, weight_decay=0.0):
    return param - lr * grad - weight_decay * param, state
