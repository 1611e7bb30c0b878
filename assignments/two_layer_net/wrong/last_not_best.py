"""The last model is returned whatever its loss."""

FAILS = ["descend/the best model"]
HINT = "the model after the last step"
EDITS = {"return best, losses": "return model, losses"}
