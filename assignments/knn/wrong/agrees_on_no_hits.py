"""Predicts a label that nobody has, and reports that all accuracies are 0: the two agree."""

REPLACES = ["KNN.predict_labels", "cross_validate_k"]
FAILS = ["predict_labels", "cross_validate_k"]
HINT = "The labels for k=4"


def predict_labels(self, dists, k=1):
    return np.full(len(dists), -12345)


def cross_validate_k(X, y, k_choices, num_folds=5):
    return {k: [0.0] * num_folds for k in k_choices}
