"""The ReLU comes after the last layer too."""

REPLACES = "OneHiddenLayer.forward"
FAILS = ["OneHiddenLayer"]
HINT = "they may be negative"


def forward(self, images):
    return F.relu(self.out(F.relu(self.hidden(images.flatten(1)))))
