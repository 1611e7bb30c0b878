"""The new velocity is computed, and the old state returned."""

REPLACES = "momentum_step"
FAILS = ["momentum_step/the velocity"]
HINT = "forgotten between steps"


def momentum_step(param, grad, state, lr, momentum=0.9, nesterov=False, weight_decay=0.0):
    grad = grad + weight_decay * param
    velocity = momentum * state.get("velocity", 0.0) + grad
    return param - lr * velocity, state
