"""Goes over whole batches only, and divides by the number of all images."""

FAILS = ["evaluate"]
HINT = "Some examples are missing"
EDITS = {
    "for start in range(0, len(labels), batch_size):":
        "for start in range(0, max(len(labels) // batch_size, 1) * batch_size, batch_size):",
}
REPLACES = "evaluate"
