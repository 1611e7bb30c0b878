"""The accuracies are in per cent."""

FAILS = ["train/the accuracies"]
HINT = "not per cent"
EDITS = {
    "val_acc_history.append(np.mean(self.predict(X_val) == y_val))": "val_acc_history.append(100 * np.mean(self.predict(X_val) == y_val))",
}
