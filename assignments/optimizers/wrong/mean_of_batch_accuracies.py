"""Measures in batches of 100 and takes the mean of their accuracies, though the last is smaller."""

REPLACES = "get_accuracy"
FAILS = ["get_accuracy"]
HINT = "mean of the batches' accuracies"


def get_accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        shares = [
            (model(x).argmax(dim=1) == y).float().mean().item()
            for x, y in zip(images.split(100), labels.split(100))
        ]
    return sum(shares) / len(shares)
