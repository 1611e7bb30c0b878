"""model.eval() is forgotten, as in most first attempts."""

REPLACES = "get_accuracy"
FAILS = ["get_accuracy"]
HINT = "accuracy in train mode"


def get_accuracy(model, images, labels):
    model.train()
    with torch.no_grad():
        return (model(images).argmax(dim=1) == labels).float().mean().item()
