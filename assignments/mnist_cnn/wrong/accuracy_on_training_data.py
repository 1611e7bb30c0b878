"""Reports the accuracy on the images that the network was trained with."""

FAILS = ["accuracy_after_one_epoch"]
HINT = "accuracy on the training data"
EDITS = {"return evaluate(model, test_data)[1]": "return evaluate(model, train_data)[1]"}
