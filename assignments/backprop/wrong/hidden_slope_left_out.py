"""The slope of the hidden units' σ is forgotten."""

REPLACES = "answers"
FAILS = ["answers-backward/the hidden layer"]
HINT = "The slope of the hidden units' σ is missing."

answers = by_hand(numbers)
answers["db1"] = answers["db1"] / (answers["x1"] * (1 - answers["x1"]))
answers["dW1"] = np.outer(answers["db1"], numbers.x0)
