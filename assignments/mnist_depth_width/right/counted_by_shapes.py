"""Counts the rows of the weight matrices."""

REPLACES = ("count_hidden", "loss_floor")


def count_hidden(model):
    rows = [parameter.shape[0] for parameter in model.parameters() if parameter.dim() == 2][:-1]
    return [sum(rows), len(rows)]


loss_floor = F.cross_entropy(torch.eye(10)[:1], torch.tensor([0])).item()
