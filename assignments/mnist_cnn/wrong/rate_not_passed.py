"""Makes every network with the same rate."""

REPLACES = "accuracy_after_one_epoch"
FAILS = ["accuracy_after_one_epoch", "dropout_sweep"]
HINT = "Is p passed on"


def accuracy_after_one_epoch(p, train_data, test_data):
    torch.manual_seed(0)
    model = sweep_network(0.5)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    fit(model, train_data, None, optimizer, epochs=1, batch_size=32, show_progress=False)
    return evaluate(model, test_data)[1]
