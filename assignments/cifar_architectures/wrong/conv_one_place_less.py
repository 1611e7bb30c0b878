"""32 − p places for the kernel; the shapes don't fit then."""

FAILS = ["ConvMaxPool"]
HINT = "not 32 − p"
EDITS = {
    "self.out = nn.Linear(M * ((33 - p) // N) ** 2, 10)":
        "self.out = nn.Linear(M * ((32 - p) // N) ** 2, 10)",
}
