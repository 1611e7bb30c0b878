"""Multiplies each batch's mean loss with batch_size, that of the smaller last batch too."""

REPLACES = "evaluate"
FAILS = ["evaluate"]
HINT = "multiply by its own number of images"


def evaluate(model, images, labels, batch_size=1000):
    model.eval()
    total = hits = 0.0
    with torch.no_grad():
        for x, y in zip(images.split(batch_size), labels.split(batch_size)):
            scores = model(x)
            total += batch_size * F.cross_entropy(scores, y).item()
            hits += (scores.argmax(dim=1) == y).sum().item()
    return total / len(labels), hits / len(labels)
