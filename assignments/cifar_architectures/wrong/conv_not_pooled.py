"""The pooling layer is there, but forward does not use it."""

FAILS = ["ConvMaxPool"]
HINT = "not pooled"
EDITS = {
    "self.out = nn.Linear(M * ((33 - p) // N) ** 2, 10)": "self.out = nn.Linear(M * (33 - p) ** 2, 10)",
    "maps = self.pool(F.relu(self.conv(images)))": "maps = F.relu(self.conv(images))",
}
