"""Makes every network with the same rate."""

FAILS = ["accuracy_after_one_epoch", "dropout_sweep/the accuracies"]
ALSO = {"dropout_sweep/the accuracies": "its numbers are ten times those of one rate"}
HINT = "Is p passed on"
EDITS = {"model = sweep_network(p)": "model = sweep_network(0.5)"}
