"""`best = model` keeps a second name for the model that goes on moving."""

FAILS = ["descend"]
HINT = "is `best` a copy?"
EDITS = {"best = {name: w.copy() for name, w in model.items()}": "best = model"}
