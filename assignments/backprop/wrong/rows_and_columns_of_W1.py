"""Reads W1 by columns."""

REPLACES = "answers"
FAILS = ["answers-forward/x1 and x2"]
HINT = "Rows and columns of W1 are exchanged"

from dataclasses import replace

answers = by_hand(replace(numbers, W1=numbers.W1.T))
answers["dW1"] = answers["dW1"].T
