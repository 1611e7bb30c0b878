"""Returns a percentage."""

FAILS = ["accuracy_after_one_epoch"]
HINT = "not a percentage"
EDITS = {"return evaluate(model, test_data)[1]": "return 100 * evaluate(model, test_data)[1]"}
