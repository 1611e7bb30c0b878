"""One velocity for all parameters, named once and overwritten in turn."""

REPLACES = "descend"
FAILS = ["descend"]
HINT = "All parameters share one state"


def descend(loss_function, model, update, learning_rate, num_steps):
    model = dict(model)
    state = 0.0
    best, losses = None, []
    for _ in range(num_steps):
        loss, grads = loss_function(model)
        if not losses or loss < min(losses):
            best = {name: w.copy() for name, w in model.items()}
        losses.append(loss)
        for name in model:
            model[name], state = update(model[name], grads[name], state, learning_rate)
    return best, losses
