"""Takes y_25 for y[25]: the published mistake."""

FAILS = ["generate_data"]
HINT = "y₂₅ counts from 1: that is y[24] in Python."
FREQUENCY = "1 of 3 public solutions"
EDITS = {"y[24] = 0.0": "y[25] = 0.0"}
