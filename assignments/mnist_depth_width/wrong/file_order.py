"""Leaves the images in their order."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "the same order"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    total_loss = 0.0
    for batch in torch.arange(len(labels)).split(batch_size):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total_loss += loss.item() * len(batch)
    return total_loss / len(labels)
