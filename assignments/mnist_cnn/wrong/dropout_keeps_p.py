"""p as the probability to keep, as some other libraries have it."""

FAILS = ["dropout"]
HINT = "The wrong ones are dropped ("
EDITS = {
    "if p == 1:": "if p == 0:",
    "return torch.where(u < p, 0.0, x / (1 - p))": "return torch.where(u < p, x / p, 0.0)",
}
