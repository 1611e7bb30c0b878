"""Computes the size of the output with the stride, but moves the window by one pixel."""

FAILS = ["conv_forward_naive/windows that fit"]
HINT = "begin at i * stride"
EDITS = {
    "window = padded[n, :, i * stride:i * stride + HH, j * stride:j * stride + WW]":
        "window = padded[n, :, i:i + HH, j:j + WW]",
}
