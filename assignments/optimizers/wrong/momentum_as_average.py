"""The velocity as a running mean, as in Adam."""

REPLACES = "momentum_step"
FAILS = ["momentum_step/the velocity"]
HINT = "the gradients are added up"


def momentum_step(param, grad, state, lr, momentum=0.9, nesterov=False, weight_decay=0.0):
    grad = grad + weight_decay * param
    velocity = momentum * state.get("velocity", 0.0) + (1 - momentum) * grad
    return param - lr * (grad + momentum * velocity if nesterov else velocity), {"velocity": velocity}
