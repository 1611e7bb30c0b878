"""Forgets to train."""

REPLACES = "accuracy_after_one_epoch"
FAILS = ["accuracy_after_one_epoch", "dropout_sweep"]
HINT = "Is the network trained"


def accuracy_after_one_epoch(p, train_data, test_data):
    torch.manual_seed(0)
    model = sweep_network(p)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    model.eval()
    return evaluate(model, test_data)[1]
