"""A list of accuracies without their rates."""

REPLACES = "dropout_sweep"
FAILS = ["dropout_sweep"]
HINT = "not a dictionary"


dropout_sweep = [accuracy_after_one_epoch(p, sweep_train, test) for p in np.linspace(0, 1, 10).tolist()]
