"""The number of images in a batch stands in forward."""

REPLACES = "OneHiddenLayer.forward"
FAILS = ["OneHiddenLayer"]
HINT = "Is the number of images written into forward"


def forward(self, images):
    return self.out(F.relu(self.hidden(images.view(4, 3 * 32 * 32))))
