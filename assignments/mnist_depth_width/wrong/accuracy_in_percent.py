"""Accuracy as a percentage, because it reads better."""

FAILS = ["evaluate"]
HINT = "percentage"
EDITS = {
    "return total_loss / len(labels), right / len(labels)":
        "return total_loss / len(labels), 100 * right / len(labels)",
}
