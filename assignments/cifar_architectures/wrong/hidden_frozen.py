"""The hidden layer was frozen in an experiment and stayed so."""

REPLACES = "OneHiddenLayer.forward"
FAILS = ["OneHiddenLayer"]
HINT = "cuts the graph"


def forward(self, images):
    with torch.no_grad():
        hidden = F.relu(self.hidden(images.flatten(1)))
    return self.out(hidden)
