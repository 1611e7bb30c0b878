"""A bracket too far on: the bias is added to each product of the window."""

FAILS = ["conv_forward_naive/windows that fit"]
HINT = "The bias is added to every product"
EDITS = {"out[n, f, i, j] = np.sum(window * w[f]) + b[f]": "out[n, f, i, j] = np.sum(window * w[f] + b[f])"}
