"""Counting from 0, the epoch seems to end after the first step."""

FAILS = ["train/the steps and their losses"]
HINT = "only at its end"
EDITS = {"if (step + 1) % epoch == 0:": "if step % epoch == 0:"}
