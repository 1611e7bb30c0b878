"""The gradient is added."""

FAILS = ["train/the steps and their losses"]
HINT = "The parameters move up the slope"
EDITS = {
    "self.params[name] = self.params[name] - learning_rate * grads[name]":
        "self.params[name] = self.params[name] + learning_rate * grads[name]",
}
