"""The last model is returned whatever its loss."""

REPLACES = "descend"
FAILS = ["descend"]
HINT = "best model's"


def descend(loss_function, model, update, learning_rate, num_steps):
    model = dict(model)
    states = {name: np.zeros_like(w) for name, w in model.items()}
    best, losses = None, []
    for _ in range(num_steps):
        loss, grads = loss_function(model)
        if not losses or loss < min(losses):
            best = {name: w.copy() for name, w in model.items()}
        losses.append(loss)
        for name in model:
            model[name], states[name] = update(model[name], grads[name], states[name], learning_rate)
    return model, losses
