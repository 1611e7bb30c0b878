"""A detour through NumPy cuts the graph: nothing is learned."""

REPLACES = "LogisticRegression"
FAILS = ["LogisticRegression"]
HINT = "cuts the graph"


class LogisticRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3 * 32 * 32, 10)

    def forward(self, images):
        return torch.tensor(self.linear(images.flatten(1)).detach().numpy(), requires_grad=True)
