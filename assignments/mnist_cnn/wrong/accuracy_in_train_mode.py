"""Measures by hand and forgets model.eval(): dropout goes on dropping."""

FAILS = ["accuracy_after_one_epoch"]
HINT = "measured in train mode"
EDITS = {
    "return evaluate(model, test_data)[1]": """
model.train()
return (model(test_data[0]).argmax(dim=1) == test_data[1]).float().mean().item()
""",
}
