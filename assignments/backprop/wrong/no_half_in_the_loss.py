"""Drops the ½: the loss and every gradient are twice too large."""

REPLACES = "answers"
FAILS = ["answers-forward/the loss"]
HINT = "The ½ is missing."

answers = by_hand(numbers)
for name in ("loss", "dW2", "db2", "dW1", "db1"):
    answers[name] = 2 * answers[name]
