"""Only whole batches: some images are left out in every epoch."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "leave no batch out"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    total_loss, seen = 0.0, 0
    order = torch.randperm(len(labels))
    for start in range(0, len(labels) - batch_size + 1, batch_size):
        batch = order[start:start + batch_size]
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total_loss += loss.item() * len(batch)
        seen += len(batch)
    return total_loss / seen
