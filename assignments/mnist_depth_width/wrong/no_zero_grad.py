"""Forgets zero_grad: each step follows the sum of all gradients so far."""

FAILS = ["train_epoch"]
HINT = "zero_grad() before each backward()"
EDITS = {"optimizer.zero_grad()": ""}
