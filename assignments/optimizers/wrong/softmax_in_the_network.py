"""Probabilities seem more natural than scores."""

REPLACES = "MLP.forward"
FAILS = ["MLP"]
HINT = "cross_entropy contains one already"


def forward(self, images):
    return F.softmax(self.out(F.relu(self.hidden(images.flatten(1)))), dim=1)
