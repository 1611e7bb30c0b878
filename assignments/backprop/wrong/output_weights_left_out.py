"""On the way back through the hidden layer W2 is forgotten."""

REPLACES = "answers"
FAILS = ["answers-backward/the hidden layer"]
HINT = "W2 is left out"

answers = by_hand(numbers)
answers["db1"] = answers["db1"] / numbers.W2
answers["dW1"] = np.outer(answers["db1"], numbers.x0)
