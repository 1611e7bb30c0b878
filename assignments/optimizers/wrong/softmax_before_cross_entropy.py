"""Softmax by hand before the loss that contains one."""

REPLACES = "train_step"
FAILS = ["train_step"]
HINT = "softmax before cross_entropy"


def train_step(model, optimizer, images, labels):
    model.train()
    loss = F.cross_entropy(model(images).softmax(dim=1), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
