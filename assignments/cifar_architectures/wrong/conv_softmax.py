"""A softmax at the end."""

REPLACES = "ConvMaxPool.forward"
FAILS = ["ConvMaxPool"]
HINT = "went through a softmax"


def forward(self, images):
    return F.softmax(self.out(self.pool(F.relu(self.conv(images))).flatten(1)), dim=1)
