"""Begins the way back with y − x2."""

REPLACES = "answers"
FAILS = ["answers-backward/the output layer"]
HINT = "The sign is wrong: the loss falls when x2 moves towards y"

answers = by_hand(numbers)
for name in ("dW2", "db2", "dW1", "db1"):
    answers[name] = -answers[name]
