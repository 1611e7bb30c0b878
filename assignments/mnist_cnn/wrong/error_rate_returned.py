"""Returns the share that is wrong."""

REPLACES = "accuracy_after_one_epoch"
FAILS = ["accuracy_after_one_epoch", "dropout_sweep"]
HINT = "not the loss or the error rate"


def accuracy_after_one_epoch(p, train_data, test_data):
    torch.manual_seed(0)
    model = sweep_network(p)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    fit(model, train_data, None, optimizer, epochs=1, batch_size=32, show_progress=False)
    return 1 - evaluate(model, test_data)[1]
