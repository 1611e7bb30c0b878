"""A detour through NumPy cuts the graph: nothing is learned."""

REPLACES = "LogisticRegression.forward"
FAILS = ["LogisticRegression"]
HINT = "cuts the graph"


def forward(self, images):
    return torch.tensor(self.linear(images.flatten(1)).detach().numpy(), requires_grad=True)
