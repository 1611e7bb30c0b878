"""One product of all windows, whose axes are (image and place, filter), is reshaped to (N, F, H', W') at once."""

REPLACES = "conv_forward_naive"
FAILS = ["conv_forward_naive/windows that fit"]
HINT = "Filters and places are mixed"


def conv_forward_naive(x, w, b, conv_param):
    from numpy.lib.stride_tricks import sliding_window_view

    s, p = conv_param["stride"], conv_param["pad"]
    num_filters, _, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode="constant")
    win = sliding_window_view(xp, (HH, WW), axis=(2, 3))[:, :, ::s, ::s]          # N, C, H', W', HH, WW
    n, _, h_out, w_out = win.shape[:4]
    cols = win.transpose(0, 2, 3, 1, 4, 5).reshape(n * h_out * w_out, -1)
    out = cols @ w.reshape(num_filters, -1).T + b
    out = out.reshape(n, num_filters, h_out, w_out)
    cache = (x, w, b, conv_param)
    return out, cache
