"""A tanh in the place of the ReLU."""

REPLACES = "ConvMaxPool.forward"
FAILS = ["ConvMaxPool"]
HINT = "a tanh, not a ReLU"


def forward(self, images):
    return self.out(self.pool(torch.tanh(self.conv(images))).flatten(1))
