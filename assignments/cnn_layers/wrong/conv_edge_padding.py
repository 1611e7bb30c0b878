"""Repeats the pixels at the border, which looks more natural than zeros."""

REPLACES = "conv_forward_naive"
FAILS = ["conv_forward_naive/windows that fit"]
HINT = "The border is not filled with zeros"
EDITS = {
    "padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))":
        'padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="edge")',
}
