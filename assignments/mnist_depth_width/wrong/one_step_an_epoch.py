"""The step stands behind the loop: it is taken once an epoch."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "one step only"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    total_loss = 0.0
    optimizer.zero_grad()
    for batch in torch.randperm(len(labels)).split(batch_size):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        (loss * len(batch) / len(labels)).backward()
        total_loss += loss.item() * len(batch)
    optimizer.step()
    return total_loss / len(labels)
