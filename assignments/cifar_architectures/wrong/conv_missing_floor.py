"""The published formula: the side is squared before it is rounded."""

FAILS = ["ConvMaxPool"]
HINT = "before you square it"
FREQUENCY = "4 of 9 public solutions"
EDITS = {
    "self.out = nn.Linear(M * ((33 - p) // N) ** 2, 10)":
        "self.out = nn.Linear(int(M * ((33 - p) / N) ** 2), 10)",
}
