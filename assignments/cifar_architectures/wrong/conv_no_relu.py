"""Convolution and pooling, but no ReLU."""

REPLACES = "ConvMaxPool.forward"
FAILS = ["ConvMaxPool"]
HINT = "There is no ReLU"


def forward(self, images):
    return self.out(self.pool(self.conv(images)).flatten(1))
