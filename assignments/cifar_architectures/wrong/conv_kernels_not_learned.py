"""The convolution is computed without gradients."""

REPLACES = "ConvMaxPool.forward"
FAILS = ["ConvMaxPool"]
HINT = "cuts the graph"


def forward(self, images):
    with torch.no_grad():
        maps = self.pool(F.relu(self.conv(images)))
    return self.out(maps.flatten(1))
