"""Assigns dw anew for each image, so only the last one counts."""

FAILS = ["conv_backward_naive/dw"]
HINT = "dw collects from all images"
EDITS = {
    "dw[f] += dout[n, f, i, j] * padded[n, :, rows, columns]":
        "dw[f] = (0 if i == j == 0 else dw[f]) + dout[n, f, i, j] * padded[n, :, rows, columns]",
}
