"""zero_grad is the line that everybody forgets once."""

REPLACES = "train_step"
FAILS = ["train_step"]
HINT = "optimizer.zero_grad()"


def train_step(model, optimizer, images, labels):
    model.train()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
