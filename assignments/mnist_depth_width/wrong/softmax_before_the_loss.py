"""Makes probabilities first and takes cross_entropy of them."""

FAILS = ["evaluate"]
HINT = "cross_entropy, which contains one already"
EDITS = {
    'total_loss += F.cross_entropy(scores, batch_labels, reduction="sum").item()':
        'total_loss += F.cross_entropy(scores.softmax(dim=1), batch_labels, reduction="sum").item()',
}
