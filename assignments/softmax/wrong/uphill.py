"""The gradient is added."""

FAILS = ["train/the steps"]
HINT = "Is W moved *against* the gradient"
EDITS = {"self.W = self.W - learning_rate * dW": "self.W = self.W + learning_rate * dW"}
