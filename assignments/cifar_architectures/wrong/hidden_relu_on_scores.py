"""The ReLU comes after the last layer too."""

REPLACES = "OneHiddenLayer.forward"
FAILS = ["OneHiddenLayer"]
HINT = "they may be negative"
FREQUENCY = "1 of 9 public solutions"


def forward(self, images):
    return F.relu(self.out(F.relu(self.hidden(images.flatten(1)))))
