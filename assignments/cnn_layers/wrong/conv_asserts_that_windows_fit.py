"""Refuses sizes at which pixels are left over; the backward pass is right, and loses nothing by it."""

FAILS = ["conv_forward_naive/pixels left over at the edge"]
HINT = "round the number of places down"
FREQUENCY = "1 of 14 public solutions"
EDITS = {
    "F, _, HH, WW = w.shape":
        "F, _, HH, WW = w.shape\nassert (H + 2 * pad - HH) % stride == 0 and (W + 2 * pad - WW) % stride == 0",
}
REPLACES = "conv_forward_naive"
