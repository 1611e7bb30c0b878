"""Accuracy as a percentage, because it reads better."""

REPLACES = "evaluate"
FAILS = ["evaluate"]
HINT = "percentage"


def evaluate(model, images, labels, batch_size=1000):
    model.eval()
    total_loss, right = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(labels), batch_size):
            scores = model(images[start:start + batch_size])
            batch_labels = labels[start:start + batch_size]
            total_loss += F.cross_entropy(scores, batch_labels, reduction="sum").item()
            right += (scores.argmax(dim=1) == batch_labels).sum().item()
    return total_loss / len(labels), 100 * right / len(labels)
