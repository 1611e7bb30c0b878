"""The learning rate is in the velocity, as in the classical form, and in the step as well."""

FAILS = ["momentum_step/the velocity"]
HINT = "The learning rate counts twice"
EDITS = {
    'velocity = momentum * state.get("velocity", torch.zeros_like(param)) + grad':
        'velocity = momentum * state.get("velocity", torch.zeros_like(param)) + lr * grad',
}
