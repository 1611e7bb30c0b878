"""One pass for the loss and another for a printed accuracy: batch norm learns from both."""

REPLACES = "train_step"
FAILS = ["train_step"]
HINT = "One forward pass in train mode"


def train_step(model, optimizer, images, labels):
    model.train()
    accuracy = (model(images).argmax(dim=1) == labels).float().mean()
    loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
