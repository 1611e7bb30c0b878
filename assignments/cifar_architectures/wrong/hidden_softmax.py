"""A softmax at the end; cross_entropy has one already."""

REPLACES = "OneHiddenLayer.forward"
FAILS = ["OneHiddenLayer"]
HINT = "went through a softmax"


def forward(self, images):
    return torch.softmax(self.out(F.relu(self.hidden(images.flatten(1)))), dim=1)
