"""Draws each batch anew from all images, so some come twice in an epoch and a third never."""

REPLACES = "train_epoch"
FAILS = ["train_epoch"]
HINT = "torch.randperm"


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    num_batches = -(-len(labels) // batch_size)
    total, seen = 0.0, 0
    for _ in range(num_batches):
        chosen = torch.randint(0, len(labels), (batch_size,))
        optimizer.zero_grad()
        loss = nn.CrossEntropyLoss()(model(images[chosen]), labels[chosen])
        loss.backward()
        optimizer.step()
        total += loss.item() * batch_size
        seen += batch_size
    return total / seen
