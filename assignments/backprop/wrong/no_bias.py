"""Forgets the biases on the way forward."""

REPLACES = "answers"
FAILS = ["answers-forward/x1 and x2"]
HINT = "The biases b1 are left out."

from dataclasses import replace

answers = by_hand(replace(numbers, b1=np.zeros(2), b2=0.0))
