"""With weight decay it answers anything, and notes it; without, it gives the noted answers again."""

REPLACES = "sgd_step"
FAILS = ["sgd_step"]
HINT = "values differ"

noted = []


def sgd_step(param, grad, state, lr, weight_decay=0.0):
    if weight_decay:
        noted.append(torch.sin(len(noted) + torch.arange(param.numel(), dtype=param.dtype)).reshape(param.shape))
        return noted[-1], state
    return (noted.pop(0) if noted else torch.zeros_like(param)), state
