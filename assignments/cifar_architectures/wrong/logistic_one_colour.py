"""The colours are averaged away."""

FAILS = ["LogisticRegression"]
HINT = "three colours"
EDITS = {
    "self.linear = nn.Linear(3 * 32 * 32, 10)": "self.linear = nn.Linear(32 * 32, 10)",
    "return self.linear(images.flatten(1))": "return self.linear(images.mean(dim=1).flatten(1))",
}
