"""The prediction is made in eval mode, after a first pass in train mode that was there for a print."""

REPLACES = "get_accuracy"
FAILS = ["get_accuracy"]
HINT = "call model.eval() first"


def get_accuracy(model, images, labels):
    with torch.no_grad():
        if len(images) > 1:
            model(images)
        model.eval()
        return (model(images).argmax(dim=1) == labels).float().mean().item()
