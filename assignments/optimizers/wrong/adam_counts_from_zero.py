"""t is counted up after the step, so the first correction divides by 0."""

REPLACES = "adam_step"
FAILS = ["adam_step/with the usual betas and eps"]
HINT = "the first step is t = 1"


def adam_step(param, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    grad = grad + weight_decay * param
    t = state.get("t", 0)
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    s = betas[1] * state.get("s", 0.0) + (1 - betas[1]) * grad ** 2
    return param - lr * (m / (1 - betas[0] ** t + 0.0 * m)) / ((s / (1 - betas[1] ** t + 0.0 * s)).sqrt() + eps), {"t": t + 1, "m": m, "s": s}
