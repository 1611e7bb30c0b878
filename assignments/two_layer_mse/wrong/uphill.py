"""The gradient is added."""

FAILS = ["train"]
HINT = "against its gradient"
EDITS = {
    "self.params[name] = self.params[name] - learning_rate * grads[name]":
        "self.params[name] = self.params[name] + learning_rate * grads[name]",
}
