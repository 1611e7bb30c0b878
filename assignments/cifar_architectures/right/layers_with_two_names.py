"""Layers that are attributes and also in an nn.Sequential, and sizes that NumPy counts."""

REPLACES = ("LogisticRegression", "OneHiddenLayer", "ConvMaxPool")


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(np.prod((3, 32, 32)), 10)
        self.net = nn.Sequential(nn.Flatten(), self.linear)

    def forward(self, images):
        return self.net(images)


class OneHiddenLayer(nn.Module):
    def __init__(self, M):
        super().__init__()
        self.a = nn.Linear(3072, M)
        self.b = nn.Linear(M, 10)
        self.net = nn.Sequential(nn.Flatten(), self.a, nn.ReLU(), self.b)

    def forward(self, images):
        return self.net(images)


class ConvMaxPool(nn.Module):
    def __init__(self, M, p, N):
        super().__init__()
        self.conv = nn.Conv2d(3, M, p)
        self.features = nn.Sequential(self.conv, nn.ReLU(), nn.MaxPool2d(N))
        self.size = np.prod(self.features(torch.zeros(1, 3, 32, 32)).shape)
        self.out = nn.Linear(self.size, 10)
        self.layers = [self.features, self.out]

    def forward(self, images):
        x = self.features(images)
        count = 1
        for size in x.size()[1:]:
            count *= size
        return self.out(x.view(-1, count))
