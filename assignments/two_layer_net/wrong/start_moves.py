"""The dict of the caller is moved along, so that a second run begins where the first one ended."""

REPLACES = "descend"
FAILS = ["descend"]
HINT = "The model that was passed in has moved"


def descend(loss_function, model, update, learning_rate, num_steps):
    states = {name: np.zeros_like(w) for name, w in model.items()}
    best, losses = None, []
    for _ in range(num_steps):
        loss, grads = loss_function(model)
        if not losses or loss < min(losses):
            best = {name: w.copy() for name, w in model.items()}
        losses.append(loss)
        for name in model:
            model[name], states[name] = update(model[name], grads[name], states[name], learning_rate)
    return best, losses
