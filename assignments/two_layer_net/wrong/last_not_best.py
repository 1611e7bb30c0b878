"""The last model is returned whatever its loss."""

FAILS = ["descend"]
HINT = "best model's"
EDITS = {"return best, losses": "return model, losses"}
