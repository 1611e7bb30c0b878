"""One pass for the loss and another for a printed accuracy: batch norm learns from both."""

FAILS = ["train_step"]
HINT = "One forward pass in train mode"
EDITS = {
    "model.train()": """
model.train()
accuracy = (model(images).argmax(dim=1) == labels).float().mean()
""",
}
