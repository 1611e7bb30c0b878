"""The original homework's error: the mean is divided by the batch size once more."""

REPLACES = "train_step"
FAILS = ["train_step"]
HINT = "is a mean already"


def train_step(model, optimizer, images, labels):
    model.train()
    loss = F.cross_entropy(model(images), labels) / len(images)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
