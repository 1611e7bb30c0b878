"""torch's own DataLoader and TensorDataset, losses as sums, weights kept as clones."""

REPLACES = ("train_epoch", "evaluate", "keep_best")


from torch.utils.data import DataLoader, TensorDataset


def evaluate(model, images, labels, batch_size=1000):
    was_training = model.training
    model.eval()
    losses, hits = [], []
    with torch.inference_mode():
        for x, y in DataLoader(TensorDataset(images, labels), batch_size=batch_size):
            scores = model(x)
            losses.append(F.cross_entropy(scores, y, reduction="none"))
            hits.append(scores.argmax(1).eq(y))
    model.train(was_training)
    return torch.cat(losses).mean(), torch.cat(hits).float().mean()


def train_epoch(model, optimizer, images, labels, batch_size=32):
    model.train()
    total_loss = 0.0
    for x, y in DataLoader(TensorDataset(images, labels), batch_size=batch_size, shuffle=True):
        loss = nn.NLLLoss(reduction="sum")(model(x).log_softmax(1), y)
        (loss / len(y)).backward()
        optimizer.step()
        model.zero_grad()
        total_loss += loss.detach()
    return total_loss / len(images)


def keep_best(model, epochs, train_one_epoch, measure):
    history = []
    for epoch in range(epochs):
        train_one_epoch()
        accuracy = measure()
        if not history or accuracy > max(history):
            kept = {name: value.clone() for name, value in model.state_dict().items()}
        history += [accuracy]
    with torch.no_grad():
        for name, value in model.state_dict().items():
            value.copy_(kept[name])
    return np.array(history)
