"""The sign of the step."""

REPLACES = "sgd_step"
FAILS = ["sgd_step/the step"]
HINT = "moves uphill"


def sgd_step(param, grad, state, lr, weight_decay=0.0):
    return param + lr * (grad + weight_decay * param), state
