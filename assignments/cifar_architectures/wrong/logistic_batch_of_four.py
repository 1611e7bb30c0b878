"""The number of images in a batch stands in forward, as in the published version."""

REPLACES = "LogisticRegression.forward"
FAILS = ["LogisticRegression"]
HINT = "Is the number of images written into forward"


def forward(self, images):
    return self.linear(images.reshape(4, -1))
