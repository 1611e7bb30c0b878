"""Reports the accuracy on the images that the network was trained with."""

REPLACES = "accuracy_after_one_epoch"
FAILS = ["accuracy_after_one_epoch"]
HINT = "accuracy on the training data"


def accuracy_after_one_epoch(p, train_data, test_data):
    torch.manual_seed(0)
    model = sweep_network(p)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    fit(model, train_data, None, optimizer, epochs=1, batch_size=32, show_progress=False)
    return evaluate(model, train_data)[1]
