"""Does not switch back to train mode after a measurement: dropout never drops anything."""

FAILS = ["train_epoch"]
HINT = "model.train() first"
EDITS = {"model.train()": ""}
