"""All models are kept, and the best one is looked up at the end; the last one is not moved any more."""

REPLACES = "descend"


import copy


def descend(loss_function, model, update, learning_rate, num_steps):
    models, losses, memory = [copy.deepcopy(model)], [], {}
    while len(losses) < num_steps:
        loss, grads = loss_function(models[-1])
        losses.append(loss)
        if len(losses) == num_steps:
            break
        moved = {}
        for name, w in models[-1].items():
            moved[name], memory[name] = update(w.copy(), grads[name], memory.get(name, np.zeros(w.shape)), learning_rate)
        models.append(moved)
    return models[int(np.argmin(losses))], np.array(losses)
