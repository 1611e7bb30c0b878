"""Logistic regression has a softmax, so the network gets one; the loss has another."""

REPLACES = "LogisticRegression.forward"
FAILS = ["LogisticRegression"]
HINT = "went through a softmax"


def forward(self, images):
    return self.linear(images.flatten(1)).softmax(dim=1)
