"""Computes softmax and logarithm by hand, with 1e-8 against log(0): no image can cost more than 18.4."""

REPLACES = "evaluate"
FAILS = ["evaluate"]
HINT = "inside the logarithm"


@torch.no_grad()
def evaluate(model, images, labels, batch_size=1000):
    model.eval()
    losses, correct = [], []
    for i in range(0, images.shape[0], batch_size):
        probs = torch.softmax(model(images[i:i + batch_size]), dim=1)
        target = labels[i:i + batch_size]
        losses.append(-torch.log(probs[torch.arange(len(target)), target] + 1e-8))
        correct.append(probs.argmax(1) == target)
    return torch.cat(losses).mean().item(), torch.cat(correct).float().mean().item()
