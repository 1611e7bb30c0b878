"""Logistic regression has a softmax, so the network gets one; the loss has another."""

REPLACES = "LogisticRegression"
FAILS = ["LogisticRegression"]
HINT = "went through a softmax"


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3 * 32 * 32, 10)

    def forward(self, images):
        return self.linear(images.flatten(1)).softmax(dim=1)
