"""The mode that get_accuracy left is never changed back."""

REPLACES = "train_step"
FAILS = ["train_step"]
HINT = "call model.train()"


def train_step(model, optimizer, images, labels):
    loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
