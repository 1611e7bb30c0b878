"""A sigmoid, as in older books."""

REPLACES = "OneHiddenLayer.forward"
FAILS = ["OneHiddenLayer"]
HINT = "has a sigmoid, not a ReLU"
FREQUENCY = "1 of 9 public solutions"


def forward(self, images):
    return self.out(torch.sigmoid(self.hidden(images.flatten(1))))
