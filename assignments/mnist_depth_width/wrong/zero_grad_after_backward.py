"""Sets the gradients to 0 between backward and step: nothing is left to follow."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "The loss never changes"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    total_loss = 0.0
    for batch in torch.randperm(len(labels)).split(batch_size):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        total_loss += loss.item() * len(batch)
    return total_loss / len(labels)
