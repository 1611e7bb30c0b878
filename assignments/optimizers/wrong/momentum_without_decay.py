"""weight_decay stands in the signature and nowhere else."""

REPLACES = "momentum_step"
FAILS = ["momentum_step/weight decay"]
HINT = "weight_decay is ignored"


def momentum_step(param, grad, state, lr, momentum=0.9, nesterov=False, weight_decay=0.0):
    velocity = momentum * state.get("velocity", torch.zeros_like(param)) + grad
    direction = grad + momentum * velocity if nesterov else velocity
    return param - lr * direction, {"velocity": velocity}
