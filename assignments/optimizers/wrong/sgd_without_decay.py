"""weight_decay stands in the signature and nowhere else."""

REPLACES = "sgd_step"
FAILS = ["sgd_step/weight decay"]
HINT = "weight_decay is ignored"


def sgd_step(param, grad, state, lr, weight_decay=0.0):
    return param - lr * grad, state
