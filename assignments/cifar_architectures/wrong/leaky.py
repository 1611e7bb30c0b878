"""Takes a leaky ReLU where the text asks for the plain one."""

REPLACES = "OneHiddenLayer"
FAILS = ["OneHiddenLayer"]
HINT = "leaky ReLU"


class OneHiddenLayer(nn.Module):
    def __init__(self, M):
        super().__init__()
        self.model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, M), nn.LeakyReLU(), nn.Linear(M, 10))

    def forward(self, images):
        return self.model(images)
