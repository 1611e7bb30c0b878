"""The gradient is added."""

FAILS = ["train/the steps and their losses"]
HINT = "against its gradient"
EDITS = {
    "self.params[name] = self.params[name] - learning_rate * grads[name]":
        "self.params[name] = self.params[name] + learning_rate * grads[name]",
}
