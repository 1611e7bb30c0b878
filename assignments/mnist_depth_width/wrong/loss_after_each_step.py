"""Measures the loss of a batch once more after its step, and adds that up."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "from before each of them"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    total = 0.0
    for batch in torch.randperm(len(labels)).split(batch_size):
        optimizer.zero_grad()
        F.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
        with torch.no_grad():
            total += len(batch) * F.cross_entropy(model(images[batch]), labels[batch]).item()
    return total / len(labels)
