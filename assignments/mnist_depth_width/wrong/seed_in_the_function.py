"""Sets a seed in the function, so that results can be repeated: and every epoch has the same order."""

FAILS = ["train_epoch"]
HINT = "set no seed in the function"
EDITS = {
    "total_loss = 0.0": """
total_loss = 0.0
torch.manual_seed(0)
""",
}
