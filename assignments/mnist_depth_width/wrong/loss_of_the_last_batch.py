"""The variable is called loss and is overwritten in each round: what is returned is the last batch's."""

FAILS = ["evaluate"]
HINT = "the last batch only"
EDITS = {
    'total_loss += F.cross_entropy(scores, batch_labels, reduction="sum").item()':
        "total_loss = F.cross_entropy(scores, batch_labels).item()",
    "return total_loss / len(labels), right / len(labels)": "return total_loss, right / len(labels)",
}
