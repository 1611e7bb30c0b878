"""Stores the corrected m and s, which are corrected again in the next step."""

REPLACES = "adam_step"
FAILS = ["adam_step/with the usual betas and eps"]
HINT = "corrected again"


def adam_step(param, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    if len(state) == 0:
        state = {"step": 0, "m": torch.zeros_like(param), "v": torch.zeros_like(param)}
    b1, b2 = betas
    g = grad + weight_decay * param
    t = state["step"] + 1
    m = b1 * state["m"] + (1 - b1) * g
    v = b2 * state["v"] + (1 - b2) * g * g
    # bias correction
    m = m / (1 - b1 ** t)
    v = v / (1 - b2 ** t)
    param = param - lr * m / (torch.sqrt(v) + eps)
    return param, {"step": t, "m": m, "v": v}
