"""Forgets the batch size and takes batches of 16: twice as many steps."""

FAILS = ["accuracy_after_one_epoch"]
HINT = "are the batches smaller"
EDITS = {
    "fit(model, train_data, None, optimizer, epochs=1, batch_size=32, show_progress=False)":
        "fit(model, train_data, None, optimizer, epochs=1, batch_size=16, show_progress=False)",
}
