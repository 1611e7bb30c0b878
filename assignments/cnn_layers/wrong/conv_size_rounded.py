"""Rounds the size of the output to the nearest number: a window may hang over the edge."""

FAILS = ["conv_forward_naive/pixels left over at the edge"]
HINT = "round the number of places down"
EDITS = {
    "H_out, W_out = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride":
        "H_out, W_out = (round(1 + (n + 2 * pad - k) / stride) for n, k in ((H, HH), (W, WW)))",
}
