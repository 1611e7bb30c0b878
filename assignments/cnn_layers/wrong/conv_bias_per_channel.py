"""Adds the bias inside the loop over the channels, so once for each."""

REPLACES = "conv_forward_naive"
FAILS = ["conv_forward_naive/windows that fit"]
HINT = "The bias is added once for each channel"


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    H_out, W_out = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    window = padded[n, :, i * stride:i * stride + HH, j * stride:j * stride + WW]
                    out[n, f, i, j] = sum(np.sum(window[c] * w[f, c]) + b[f] for c in range(C))
    return out, (x, w, b, conv_param)
