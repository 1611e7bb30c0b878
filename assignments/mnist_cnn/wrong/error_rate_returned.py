"""Returns the share that is wrong."""

FAILS = ["accuracy_after_one_epoch"]
HINT = "not the loss or the error rate"
EDITS = {"return evaluate(model, test_data)[1]": "return 1 - evaluate(model, test_data)[1]"}
