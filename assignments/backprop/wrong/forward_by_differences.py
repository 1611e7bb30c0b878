"""Calls numeric_jacobian with a tiny step: right to a few digits, and not what was asked."""

REPLACES = "forward_mode"
FAILS = ["forward_mode"]
HINT = "Compare with numeric_jacobian"


def forward_mode(w):
    return f(w), numeric_jacobian(f, w, 1e-2)
