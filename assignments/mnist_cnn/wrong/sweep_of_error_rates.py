"""Stores error rates."""

REPLACES = "dropout_sweep"
FAILS = ["dropout_sweep/the accuracies"]
HINT = "not error rates"


dropout_sweep = {p: 1 - accuracy_after_one_epoch(p, sweep_train, test) for p in np.linspace(0, 1, 10).tolist()}
