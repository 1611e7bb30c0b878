"""The batch is fixed to 4, as in the published version."""

REPLACES = "ConvMaxPool.forward"
FAILS = ["ConvMaxPool"]
HINT = "Is the number of images written into forward"
FREQUENCY = "1 of 9 public solutions"


def forward(self, images):
    return self.out(self.pool(F.relu(self.conv(images))).view(4, -1))
