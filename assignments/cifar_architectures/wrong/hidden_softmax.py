"""A softmax at the end; cross_entropy has one already."""

REPLACES = "OneHiddenLayer"
FAILS = ["OneHiddenLayer"]
HINT = "went through a softmax"


class OneHiddenLayer(nn.Module):
    def __init__(self, M):
        super().__init__()
        self.hidden = nn.Linear(3072, M)
        self.out = nn.Linear(M, 10)

    def forward(self, images):
        return torch.softmax(self.out(F.relu(self.hidden(images.flatten(1)))), dim=1)
