"""Softmax, then cross_entropy, which contains a softmax: the loss can't fall below 1.461."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "softmax before cross_entropy"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    total_loss = 0.0
    for batch in torch.randperm(len(labels)).split(batch_size):
        loss = F.cross_entropy(model(images[batch]).softmax(dim=1), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total_loss += loss.item() * len(batch)
    return total_loss / len(labels)
