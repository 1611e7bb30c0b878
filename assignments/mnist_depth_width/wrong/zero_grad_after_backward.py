"""Sets the gradients to 0 between backward and step: nothing is left to follow."""

FAILS = ["train_epoch"]
HINT = "The loss never changes"
EDITS = {
    """
optimizer.zero_grad()
loss.backward()
""": """
loss.backward()
optimizer.zero_grad()
""",
}
