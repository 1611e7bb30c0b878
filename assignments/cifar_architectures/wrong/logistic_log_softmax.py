"""A log-softmax, as for nll_loss."""

REPLACES = "LogisticRegression.forward"
FAILS = ["LogisticRegression"]
HINT = "went through a log-softmax"
FREQUENCY = "1 of 9 public solutions"


def forward(self, images):
    return F.log_softmax(self.linear(images.flatten(1)), dim=1)
