"""Measures by hand and forgets model.eval(): dropout goes on dropping."""

REPLACES = ("accuracy_after_one_epoch",)
FAILS = ["accuracy_after_one_epoch"]
HINT = "measured in train mode"


def accuracy_after_one_epoch(p, train_data, test_data):
    torch.manual_seed(0)
    model = sweep_network(p)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    fit(model, train_data, None, optimizer, epochs=1, batch_size=32, show_progress=False)
    model.train()
    return (model(test_data[0]).argmax(dim=1) == test_data[1]).float().mean().item()
