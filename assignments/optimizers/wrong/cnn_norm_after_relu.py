"""Batch norm after each ReLU."""

REPLACES = "CNNBN.forward"
FAILS = ["CNNBN"]
HINT = "it comes before"


def forward(self, images):
    x = F.max_pool2d(self.norm1(F.relu(self.conv1(images))), 2)
    x = F.max_pool2d(self.norm2(F.relu(self.conv2(x))), 2)
    return self.out(x.flatten(1))
