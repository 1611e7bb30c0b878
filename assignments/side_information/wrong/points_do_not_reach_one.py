"""Divides by n instead of n − 1."""

FAILS = ["generate_data"]
HINT = "The first point is 0 and the last is 1."
EDITS = {"x = np.arange(n) / (n - 1)": "x = np.arange(n) / n"}
