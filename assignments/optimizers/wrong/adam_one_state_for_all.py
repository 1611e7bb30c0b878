"""The state lives in a global variable: it works for one parameter and one run."""

REPLACES = "adam_step"
FAILS = ["adam_step"]
HINT = "belongs into the state"


memory = {"t": 0, "m": 0.0, "s": 0.0}

def adam_step(param, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    grad = grad + weight_decay * param
    memory["t"] += 1
    memory["m"] = betas[0] * memory["m"] + (1 - betas[0]) * grad
    memory["s"] = betas[1] * memory["s"] + (1 - betas[1]) * grad ** 2
    m_hat, s_hat = memory["m"] / (1 - betas[0] ** memory["t"]), memory["s"] / (1 - betas[1] ** memory["t"])
    return param - lr * m_hat / (s_hat.sqrt() + eps), state
