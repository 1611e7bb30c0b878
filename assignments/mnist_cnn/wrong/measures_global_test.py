"""Writes the notebook's own test images into the function, whatever it is given."""

FAILS = ["accuracy_after_one_epoch"]
HINT = "on the argument"
EDITS = {"return evaluate(model, test_data)[1]": "return evaluate(model, test)[1]"}
