"""Returns the parameter alone; one of two numbers could be taken for a pair."""

FAILS = ["sgd_step"]
HINT = "Two values are asked for: (param, state)"
EDITS = {"return param - lr * grad, state": "return param - lr * grad"}
