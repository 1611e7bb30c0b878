"""nn.Sequential inside, and the number of images by len(images)."""

REPLACES = ("LogisticRegression", "OneHiddenLayer", "ConvMaxPool")


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.all = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))

    def forward(self, images):
        return self.all(images)


class OneHiddenLayer(nn.Module):
    def __init__(self, M):
        super().__init__()
        self.steps = nn.ModuleList([nn.Linear(3072, M), nn.ReLU(), nn.Linear(M, 10)])

    def forward(self, images):
        x = images.view(len(images), -1)
        for step in self.steps:
            x = step(x)
        return x


class ConvMaxPool(nn.Module):
    def __init__(self, M, p, N):
        super().__init__()
        self.maps = nn.Sequential(nn.Conv2d(3, M, kernel_size=(p, p)), nn.ReLU(inplace=True), nn.MaxPool2d((N, N), stride=(N, N)))
        self.scores = nn.Sequential(nn.Flatten(), nn.Linear(M * (33 - p - (33 - p) % N) ** 2 // N ** 2, 10))

    def forward(self, images):
        return self.scores(self.maps(images))
