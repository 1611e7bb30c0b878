"""A log-softmax, as for nll_loss."""

REPLACES = "LogisticRegression"
FAILS = ["LogisticRegression"]
HINT = "went through a log-softmax"


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3 * 32 * 32, 10)

    def forward(self, images):
        return F.log_softmax(self.linear(images.flatten(1)), dim=1)
