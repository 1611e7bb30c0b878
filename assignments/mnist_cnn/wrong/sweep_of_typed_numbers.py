"""Types in numbers that look right: from somebody else, or from an earlier run."""

REPLACES = "dropout_sweep"
FAILS = ["dropout_sweep/the accuracies"]
HINT = "Numbers that are typed in are not counted"


dropout_sweep = dict(zip(np.linspace(0, 1, 10).tolist(), [0.969, 0.968, 0.967, 0.965, 0.962, 0.958, 0.951, 0.936, 0.887, 0.104]))
