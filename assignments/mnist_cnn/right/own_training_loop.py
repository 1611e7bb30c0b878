"""A loop of its own with another seed and Adam's default rate; the sweep as a loop with rounded keys."""

REPLACES = ("accuracy_after_one_epoch", "dropout_sweep")


def accuracy_after_one_epoch(p, train_data, test_data):
    images, labels = train_data
    model = sweep_network(p).train()
    optimizer = torch.optim.Adam(model.parameters())
    for batch in torch.randperm(len(labels)).split(32):
        optimizer.zero_grad()
        F.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        return (model(test_data[0]).argmax(1) == test_data[1]).float().mean()


dropout_sweep = {}
for p in np.linspace(1, 0, 10):
    dropout_sweep[round(p, 4)] = accuracy_after_one_epoch(p, sweep_train, test)
