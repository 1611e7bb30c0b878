"""Sets a seed in the function, so that results can be repeated: and every epoch has the same order."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "set no seed in the function"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    total_loss = 0.0
    torch.manual_seed(0)
    for batch in torch.randperm(len(labels)).split(batch_size):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total_loss += loss.item() * len(batch)
    return total_loss / len(labels)
