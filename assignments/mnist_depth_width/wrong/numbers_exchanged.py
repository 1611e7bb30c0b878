"""Returns (accuracy, loss)."""

FAILS = ["evaluate"]
HINT = "exchanged"
EDITS = {
    "return total_loss / len(labels), right / len(labels)":
        "return right / len(labels), total_loss / len(labels)",
}
