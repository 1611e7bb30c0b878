"""Forgets the mask on the way back."""

FAILS = ["relu_backward"]
HINT = "The whole gradient comes through"
EDITS = {"dx = dout * (x > 0)": "dx = dout"}
