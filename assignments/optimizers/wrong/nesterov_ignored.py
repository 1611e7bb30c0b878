"""The option is left for later."""

REPLACES = "momentum_step"
FAILS = ["momentum_step/Nesterov's step"]
HINT = "nesterov is ignored"


def momentum_step(param, grad, state, lr, momentum=0.9, nesterov=False, weight_decay=0.0):
    grad = grad + weight_decay * param
    velocity = momentum * state.get("velocity", 0.0) + grad
    return param - lr * velocity, {"velocity": velocity}
