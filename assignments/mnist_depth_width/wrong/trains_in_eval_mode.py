"""Does not switch back to train mode after a measurement: dropout never drops anything."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "model.train() first"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    total_loss = 0.0
    for batch in torch.randperm(len(labels)).split(batch_size):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total_loss += loss.item() * len(batch)
    return total_loss / len(labels)
