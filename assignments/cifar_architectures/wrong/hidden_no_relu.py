"""Two Linear layers and nothing between them."""

REPLACES = "OneHiddenLayer.forward"
FAILS = ["OneHiddenLayer"]
HINT = "no ReLU after the hidden layer"


def forward(self, images):
    return self.out(self.hidden(images.flatten(1)))
