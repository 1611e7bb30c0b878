"""The number of right predictions for their share."""

FAILS = ["train/the accuracies"]
HINT = "the share of right predictions, not their number"
EDITS = {
    "train_acc_history.append(np.mean(self.predict(X[batch]) == y[batch]))": "train_acc_history.append(np.sum(self.predict(X[batch]) == y[batch]))",
}
