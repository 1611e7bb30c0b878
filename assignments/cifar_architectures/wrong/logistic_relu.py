"""A ReLU after the last layer, out of habit."""

REPLACES = "LogisticRegression.forward"
FAILS = ["LogisticRegression"]
HINT = "they may be negative"


def forward(self, images):
    return F.relu(self.linear(images.flatten(1)))
