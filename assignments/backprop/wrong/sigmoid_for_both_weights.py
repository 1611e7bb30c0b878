"""The derivative of σ is a number without that of its argument, and NumPy adds it to both weights."""

FAILS = ["forward_mode/the second output"]
HINT = "for both weights"
EDITS = {"dq = q * (1 - q) * dw1": "dq = q * (1 - q)"}
