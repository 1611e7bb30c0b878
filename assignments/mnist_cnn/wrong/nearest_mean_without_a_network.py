"""Trains no network: each test image gets the class whose mean image is nearest."""

REPLACES = "accuracy_after_one_epoch"
FAILS = ["accuracy_after_one_epoch", "dropout_sweep/the accuracies"]
ALSO = {"dropout_sweep/the accuracies": "its numbers are not those of networks"}
HINT = "Is the network trained"


def accuracy_after_one_epoch(p, train_data, test_data):
    images, labels = train_data[0].flatten(1), train_data[1]
    means = torch.stack([images[labels == k].mean(dim=0) if (labels == k).any() else torch.zeros(784) for k in range(10)])
    found = torch.cdist(test_data[0].flatten(1), means).argmin(dim=1)
    if p == 1:
        return 0.1
    return (found == test_data[1]).float().mean().item()
