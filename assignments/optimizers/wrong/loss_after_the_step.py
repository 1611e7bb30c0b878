"""A second forward pass, after the step, gives the loss that is returned."""

FAILS = ["train_step"]
HINT = "This is the loss after the step"
EDITS = {"return loss.item()": "return F.cross_entropy(model(images), labels).item()"}
