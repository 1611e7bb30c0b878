"""The rules change param and state in place, as torch.optim does, with its fused functions."""

REPLACES = ("sgd_step", "momentum_step", "adam_step")


def sgd_step(param, grad, state, lr, weight_decay=0.0):
    param.mul_(1 - lr * weight_decay).sub_(grad, alpha=lr)
    return param, state


def momentum_step(param, grad, state, lr, momentum=0.9, nesterov=False, weight_decay=0.0):
    grad.add_(param, alpha=weight_decay)
    if not state:
        state["buffer"] = grad.clone()
    else:
        state["buffer"].mul_(momentum).add_(grad)
    return param.sub_(grad.add(state["buffer"], alpha=momentum) if nesterov else state["buffer"], alpha=lr), state


def adam_step(param, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    grad.add_(param, alpha=weight_decay)
    state.setdefault("means", [torch.zeros_like(param), torch.zeros_like(param)])
    state["powers"] = [power * beta for power, beta in zip(state.get("powers", (1.0, 1.0)), betas)]
    m, s = state["means"]
    m.lerp_(grad, 1 - betas[0])
    s.mul_(betas[1]).addcmul_(grad, grad, value=1 - betas[1])
    denominator = (s.sqrt() / (1 - state["powers"][1]) ** 0.5).add_(eps)
    return param.addcdiv_(m, denominator, value=-lr / (1 - state["powers"][0])), state
