"""The mode that get_accuracy left is never changed back."""

FAILS = ["train_step"]
HINT = "call model.train()"
EDITS = {"model.train()": ""}
