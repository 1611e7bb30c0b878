"""The published mistake: differentiates y − x2 instead of its square, so ∂ℓ/∂x2 = −1."""

REPLACES = "answers"
FAILS = ["answers-backward/the output layer"]
HINT = "∂ℓ/∂x2 seems to be -1"

answers = by_hand(numbers)
for name in ("dW2", "db2", "dW1", "db1"):
    answers[name] = answers[name] / (numbers.y - answers["x2"])
