"""Another pooling."""

REPLACES = "CNN.forward"
FAILS = ["CNN"]
HINT = "takes averages"


def forward(self, images):
    x = F.avg_pool2d(F.relu(self.conv1(images)), 2)
    x = F.avg_pool2d(F.relu(self.conv2(x)), 2)
    return self.out(x.flatten(1))
