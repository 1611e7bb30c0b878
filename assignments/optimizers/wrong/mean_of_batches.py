"""Takes the mean of the batches' accuracies, in which the smaller last batch counts too much."""

REPLACES = "get_accuracy"
FAILS = ["get_accuracy"]
HINT = "mean of the batches"


def get_accuracy(model, images, labels):
    model.eval()
    accs = []
    with torch.no_grad():
        for xb, yb in zip(images.split(64), labels.split(64)):
            pred = model(xb).max(1)[1]
            accs.append((pred == yb).float().mean().item())
    return sum(accs) / len(accs)
