"""Counting from 0, the epoch seems to end after the first step."""

FAILS = ["train/the steps and their losses"]
HINT = "at the end of each epoch"
EDITS = {"if (step + 1) % epoch == 0:": "if step % epoch == 0:"}
