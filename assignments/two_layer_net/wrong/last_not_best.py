"""The last model is returned whatever its loss."""

FAILS = ["descend/the best model"]
HINT = "best model's"
EDITS = {"return best, losses": "return model, losses"}
