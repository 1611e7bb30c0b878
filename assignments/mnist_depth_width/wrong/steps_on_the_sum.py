"""Goes backward from the summed loss of the batch, so the steps are 32 times too large."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "sum over the images"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    n = len(images)
    perm = torch.randperm(n)
    running = 0.0
    for i in range(0, n, batch_size):
        idx = perm[i:i + batch_size]
        optimizer.zero_grad()
        out = model(images[idx])
        loss = F.cross_entropy(out, labels[idx], reduction="sum")
        loss.backward()
        optimizer.step()
        running += loss.item()
    return running / n
