"""The short form of the paper's remark, with both corrections in the rate: ε is scaled with them."""

REPLACES = "adam_step"
FAILS = ["adam_step/other betas and eps"]
HINT = "before s is corrected"


def adam_step(param, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    grad = grad + weight_decay * param
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    s = betas[1] * state.get("s", 0.0) + (1 - betas[1]) * grad ** 2
    rate = lr * (1 - betas[1] ** t) ** 0.5 / (1 - betas[0] ** t)
    return param - rate * m / (s.sqrt() + eps), {"t": t, "m": m, "s": s}
