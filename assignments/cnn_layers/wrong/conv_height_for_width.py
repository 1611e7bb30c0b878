"""Uses the height for both sizes, which is right for square images and filters."""

FAILS = ["conv_forward_naive"]
HINT = "Do height and width get mixed up?"
EDITS = {
    "H_out, W_out = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride":
        "H_out = W_out = 1 + (H + 2 * pad - HH) // stride",
}
