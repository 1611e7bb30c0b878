"""Adds up all losses and forgets to divide."""

FAILS = ["evaluate"]
HINT = "the sum over all images"
EDITS = {
    "return total_loss / len(labels), right / len(labels)": "return total_loss, right / len(labels)",
}
