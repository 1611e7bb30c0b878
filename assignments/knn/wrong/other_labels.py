"""Takes the training labels from the notebook and not from the argument."""

FAILS = ["cross_validate_k"]
HINT = "are the arguments X and y used"
EDITS = {
    "classifier.train(np.delete(X, fold, axis=0), np.delete(y, fold))":
        "classifier.train(np.delete(X, fold, axis=0), np.delete(y_train[:len(X)], fold))",
}
