"""Averages the means of the batches, the small last one like the others."""

FAILS = ["evaluate"]
HINT = "the mean of the batches' means"
EDITS = {
    'total_loss += F.cross_entropy(scores, batch_labels, reduction="sum").item()':
        "total_loss += F.cross_entropy(scores, batch_labels).item()",
    "return total_loss / len(labels), right / len(labels)": """
num_batches = -(-len(labels) // batch_size)
return total_loss / num_batches, right / len(labels)
""",
}
