"""The number of right images is never divided."""

REPLACES = "get_accuracy"
FAILS = ["get_accuracy"]
HINT = "not their share"


def get_accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        return (model(images).argmax(dim=1) == labels).sum().item()
