"""ε under the root, as RMSProp is often written."""

REPLACES = "adam_step"
FAILS = ["adam_step/other betas and eps"]
HINT = "added to the root"


def adam_step(param, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    grad = grad + weight_decay * param
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    s = betas[1] * state.get("s", 0.0) + (1 - betas[1]) * grad ** 2
    return param - lr * m / (1 - betas[0] ** t) / (s / (1 - betas[1] ** t) + eps).sqrt(), {"t": t, "m": m, "s": s}
