"""Takes batches of 64: half as many steps."""

FAILS = ["accuracy_after_one_epoch"]
HINT = "are the batches no larger than 32"
EDITS = {
    "fit(model, train_data, None, optimizer, epochs=1, batch_size=32, show_progress=False)":
        "fit(model, train_data, None, optimizer, epochs=1, batch_size=64, show_progress=False)",
}
