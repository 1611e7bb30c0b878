"""Divides by n instead of n − 1."""

FAILS = ["generate_data"]
HINT = "Every value is off by the same factor"
EDITS = {"x = np.arange(n) / (n - 1)": "x = np.arange(n) / n"}
