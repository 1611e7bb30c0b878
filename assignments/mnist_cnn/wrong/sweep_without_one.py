"""np.arange stops before 1."""

REPLACES = "dropout_sweep"
FAILS = ["dropout_sweep/the rates"]
HINT = "1 is missing"


dropout_sweep = {p: accuracy_after_one_epoch(p, sweep_train, test) for p in np.arange(0, 1, 0.1).tolist()}
