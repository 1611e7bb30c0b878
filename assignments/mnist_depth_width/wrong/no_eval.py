"""Measures in train mode: dropout goes on dropping."""

FAILS = ["evaluate"]
HINT = "eval mode"
EDITS = {"model.eval()": ""}
