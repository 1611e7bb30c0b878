"""The gradient is added."""

FAILS = ["train", "tune"]
HINT = "Is W moved *against* the gradient"
EDITS = {"self.W = self.W - learning_rate * dW": "self.W = self.W + learning_rate * dW"}
