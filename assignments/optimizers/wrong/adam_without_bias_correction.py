"""The running means are used as they are."""

REPLACES = "adam_step"
FAILS = ["adam_step/with the usual betas and eps"]
HINT = "bias correction is missing"
FREQUENCY = "4 of 15 public solutions"


def adam_step(param, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    grad = grad + weight_decay * param
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    s = betas[1] * state.get("s", 0.0) + (1 - betas[1]) * grad ** 2
    return param - lr * m / (s.sqrt() + eps), {"m": m, "s": s}
