"""Trains for two epochs, because one seems too little."""

FAILS = ["accuracy_after_one_epoch"]
HINT = "are there two"
EDITS = {
    "fit(model, train_data, None, optimizer, epochs=1, batch_size=32, show_progress=False)":
        "fit(model, train_data, None, optimizer, epochs=2, batch_size=32, show_progress=False)",
}
