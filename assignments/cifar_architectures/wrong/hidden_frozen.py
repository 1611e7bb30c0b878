"""The hidden layer was frozen in an experiment and stayed so."""

REPLACES = "OneHiddenLayer"
FAILS = ["OneHiddenLayer"]
HINT = "cuts the graph"


class OneHiddenLayer(nn.Module):
    def __init__(self, M):
        super().__init__()
        self.hidden = nn.Linear(3072, M)
        self.out = nn.Linear(M, 10)

    def forward(self, images):
        with torch.no_grad():
            hidden = F.relu(self.hidden(images.flatten(1)))
        return self.out(hidden)
