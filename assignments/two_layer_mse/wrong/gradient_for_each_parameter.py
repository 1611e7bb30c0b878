"""Asks for the gradient again for each parameter, when others have moved already."""

FAILS = ["train/the steps and their losses"]
HINT = "ask once"
EDITS = {"self.params[name] = self.params[name] - learning_rate * grads[name]":
         "self.params[name] = self.params[name] - learning_rate * self.loss(X[batch], y[batch], reg)[1][name]"}
