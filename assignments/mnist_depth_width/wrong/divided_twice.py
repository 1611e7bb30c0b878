"""cross_entropy is a mean already; the sum of means is divided by the number of images."""

FAILS = ["evaluate"]
HINT = "each is divided twice"
FREQUENCY = "4 of 8 public solutions"
EDITS = {
    'total_loss += F.cross_entropy(scores, batch_labels, reduction="sum").item()':
        "total_loss += F.cross_entropy(scores, batch_labels).item()",
}
