"""Returns the loss as PyTorch made it, with its graph."""

FAILS = ["train_step"]
HINT = "Return loss.item()"
EDITS = {"return loss.item()": "return loss"}
