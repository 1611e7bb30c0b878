"""zero_grad in the wrong place: the step finds no gradient."""

FAILS = ["train_step"]
HINT = "did not change at all"
EDITS = {
    "optimizer.zero_grad()": "",
    "loss.backward()": """
loss.backward()
optimizer.zero_grad(set_to_none=False)
""",
}
