"""All networks as one nn.Sequential, with layers for what the reference calls functions."""

REPLACES = ("MLP", "CNN", "MLPBN", "MLPBNBeforeReLU", "CNNBN")


class MLP(nn.Module):
    def __init__(self, num_hidden):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, num_hidden), nn.ReLU(), nn.Linear(num_hidden, 10))

    def forward(self, images):
        return self.layers(images)


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 4, 3, padding="same"), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(4, 8, 3, padding="same"),
                                    nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(392, 10))

    def forward(self, images):
        return self.layers(images)


def MLPBN(num_hidden):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, num_hidden), nn.ReLU(), nn.BatchNorm1d(num_hidden), nn.Linear(num_hidden, 10))


class MLPBNBeforeReLU(nn.Sequential):
    def __init__(self, num_hidden):
        super().__init__(nn.Flatten(), nn.Linear(784, num_hidden), nn.BatchNorm1d(num_hidden), nn.ReLU(), nn.Linear(num_hidden, 10))


class CNNBN(nn.Sequential):
    def __init__(self):
        super().__init__()
        for width, before in ((4, 1), (8, 4)):
            self.append(nn.Conv2d(before, width, 3, padding=1)).append(nn.BatchNorm2d(width)).append(nn.ReLU()).append(nn.MaxPool2d(2))
        self.append(nn.Flatten()).append(nn.LazyLinear(10))
        self(torch.zeros(2, 1, 28, 28))
        for norm in (self[1], self[5]):
            norm.reset_running_stats()
