"""A convolution that keeps the size of the image, as in most networks."""

FAILS = ["ConvMaxPool"]
HINT = "pads the image"
EDITS = {
    "self.conv = nn.Conv2d(3, M, p)": 'self.conv = nn.Conv2d(3, M, p, padding="same")',
    "self.out = nn.Linear(M * ((33 - p) // N) ** 2, 10)": "self.out = nn.Linear(M * (32 // N) ** 2, 10)",
}
