"""Has the stride in the forward pass, and forgets it on the way back."""

FAILS = ["conv_backward_naive/dw"]
HINT = "window that begins at i * stride"
EDITS = {
    "rows, columns = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)":
        "rows, columns = slice(i, i + HH), slice(j, j + WW)",
}
