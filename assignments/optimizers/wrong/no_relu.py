"""The nonlinearity is forgotten: it trains all the same."""

REPLACES = "MLP.forward"
FAILS = ["MLP"]
HINT = "no more than one"


def forward(self, images):
    return self.out(self.hidden(images.flatten(1)))
