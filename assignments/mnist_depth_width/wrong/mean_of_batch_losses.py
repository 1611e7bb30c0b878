"""Appends each batch's loss to a list and returns the mean of the list."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "weight each batch's mean with its size"
FREQUENCY = "2 of 8 public solutions"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    total_loss = 0.0
    losses = []
    for batch in torch.randperm(len(labels)).split(batch_size):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)
