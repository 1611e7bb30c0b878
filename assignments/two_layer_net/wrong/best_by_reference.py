"""`best = model` keeps a second name for the model that goes on moving."""

FAILS = ["descend/the best model"]
HINT = "is `best` a copy?"
EDITS = {"best = {name: w.copy() for name, w in model.items()}": "best = model"}
