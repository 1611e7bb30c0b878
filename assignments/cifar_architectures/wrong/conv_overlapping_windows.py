"""Pooling with stride 1."""

FAILS = ["ConvMaxPool"]
HINT = "overlap"
EDITS = {
    "self.pool = nn.MaxPool2d(N)": "self.pool = nn.MaxPool2d(N, stride=1)",
    "self.out = nn.Linear(M * ((33 - p) // N) ** 2, 10)":
        "self.out = nn.Linear(M * (33 - p - N + 1) ** 2, 10)",
}
