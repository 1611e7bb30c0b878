"""zero_grad is the line that everybody forgets once."""

FAILS = ["train_step"]
HINT = "optimizer.zero_grad()"
EDITS = {"optimizer.zero_grad()": ""}
