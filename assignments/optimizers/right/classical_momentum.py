"""The velocity holds the learning rate and the minus sign, as older books write it; the same path while the rate stays."""

REPLACES = "momentum_step"


def momentum_step(param, grad, state, lr, momentum=0.9, nesterov=False, weight_decay=0.0):
    grad = grad + weight_decay * param
    v = momentum * state.get("v", 0) - lr * grad
    return param + (momentum * v - lr * grad if nesterov else v), dict(v=v)
