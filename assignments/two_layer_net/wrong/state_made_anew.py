"""The states are zeroed inside the loop, so the rule never remembers anything."""

REPLACES = "descend"
FAILS = ["descend"]
HINT = "The states are made anew at each step"


def descend(loss_function, model, update, learning_rate, num_steps):
    model = dict(model)
    best, losses = None, []
    for _ in range(num_steps):
        states = {name: np.zeros_like(w) for name, w in model.items()}
        loss, grads = loss_function(model)
        if not losses or loss < min(losses):
            best = {name: w.copy() for name, w in model.items()}
        losses.append(loss)
        for name in model:
            model[name], states[name] = update(model[name], grads[name], states[name], learning_rate)
    return best, losses
