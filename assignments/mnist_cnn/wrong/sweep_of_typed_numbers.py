"""Types in numbers that look right: from somebody else, or from an earlier run."""

FAILS = ["dropout_sweep/the accuracies"]
HINT = "Numbers that are typed in are not counted"
EDITS = {
    "dropout_sweep = {p: accuracy_after_one_epoch(p, sweep_train, test) for p in np.linspace(0, 1, 10).tolist()}":
        "dropout_sweep = dict(zip(np.linspace(0, 1, 10).tolist(), [0.969, 0.968, 0.967, 0.965, 0.962, 0.958, 0.951, 0.936, 0.887, 0.104]))",
}
