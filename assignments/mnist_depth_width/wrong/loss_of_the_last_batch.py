"""The variable is called loss and is overwritten in each round: what is returned is the last batch's."""

REPLACES = "evaluate"
FAILS = ["evaluate"]
HINT = "the last batch only"


def evaluate(model, images, labels, batch_size=1000):
    model.eval()
    total_loss, right = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(labels), batch_size):
            scores = model(images[start:start + batch_size])
            batch_labels = labels[start:start + batch_size]
            total_loss = F.cross_entropy(scores, batch_labels).item()
            right += (scores.argmax(dim=1) == batch_labels).sum().item()
    return total_loss, right / len(labels)
