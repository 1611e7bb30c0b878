"""Layers that are attributes and also in an nn.Sequential."""

REPLACES = ("MLP", "CNN", "MLPBN")


class MLP(nn.Module):
    def __init__(self, num_hidden):
        super().__init__()
        self.hidden = nn.Linear(784, num_hidden)
        self.out = nn.Linear(num_hidden, 10)
        self.layers = nn.Sequential(nn.Flatten(), self.hidden, nn.ReLU(), self.out)

    def forward(self, images):
        return self.layers(images)


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)])
        self.out = nn.Linear(392, 10)
        steps = [step for conv in self.convs for step in (conv, nn.ReLU(), nn.MaxPool2d(2))]
        self.layers = nn.Sequential(*steps, nn.Flatten(), self.out)

    def forward(self, images):
        return self.layers(images)


class MLPBN(nn.Module):
    def __init__(self, num_hidden):
        super().__init__()
        self.hidden, self.norm, self.out = nn.Linear(784, num_hidden), nn.BatchNorm1d(num_hidden), nn.Linear(num_hidden, 10)
        self.body = nn.Sequential(nn.Flatten(), self.hidden, nn.ReLU(), self.norm)

    def forward(self, images):
        return self.out(self.body(images))
