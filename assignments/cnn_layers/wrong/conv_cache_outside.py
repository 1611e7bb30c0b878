"""Keeps what the backward pass needs in a global variable: the second use of the layer overwrites the first one's."""

REPLACES = ("conv_forward_naive", "conv_backward_naive")
FAILS = ["conv_backward_naive/dw"]
HINT = "Does the layer keep anything outside its cache?"
EDITS = {
    "cache = (x, w, b, conv_param)": "last[:] = [x, w, b, conv_param]",
    "return out, cache": "return out, ()",
    "x, w, b, conv_param = cache": "x, w, b, conv_param = last",
}


last = []
