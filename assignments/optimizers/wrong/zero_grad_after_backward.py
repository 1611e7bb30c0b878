"""zero_grad in the wrong place: the step finds no gradient."""

REPLACES = "train_step"
FAILS = ["train_step"]
HINT = "did not change at all"


def train_step(model, optimizer, images, labels):
    model.train()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.zero_grad(set_to_none=False)
    optimizer.step()
    return loss.item()
