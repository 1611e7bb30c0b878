"""One velocity for all parameters, named once and overwritten in turn."""

FAILS = ["descend/the losses"]
HINT = "All parameters share one state"
EDITS = {
    "states = {name: np.zeros_like(w) for name, w in model.items()}": "state = 0.0",
    "model[name], states[name] = update(model[name], grads[name], states[name], learning_rate)":
        "model[name], state = update(model[name], grads[name], state, learning_rate)",
}
