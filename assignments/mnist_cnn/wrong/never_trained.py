"""Forgets to train."""

FAILS = ["accuracy_after_one_epoch", "dropout_sweep/the accuracies"]
ALSO = {"dropout_sweep/the accuracies": "its numbers are those of networks that have learned nothing"}
HINT = "Is the network trained"
EDITS = {
    "fit(model, train_data, None, optimizer, epochs=1, batch_size=32, show_progress=False)": "model.eval()",
}
