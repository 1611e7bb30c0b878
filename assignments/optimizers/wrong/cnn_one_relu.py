"""The second ReLU is forgotten: max-pooling seems nonlinear enough."""

REPLACES = "CNN.forward"
FAILS = ["CNN"]
HINT = "no ReLU after the second"


def forward(self, images):
    x = F.max_pool2d(F.relu(self.conv1(images)), 2)
    x = F.max_pool2d(self.conv2(x), 2)
    return self.out(x.flatten(1))
