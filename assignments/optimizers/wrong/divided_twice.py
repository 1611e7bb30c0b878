"""The original homework's error: the mean is divided by the batch size once more."""

FAILS = ["train_step"]
HINT = "is a mean already"
EDITS = {
    "loss = F.cross_entropy(model(images), labels)":
        "loss = F.cross_entropy(model(images), labels) / len(images)",
}
