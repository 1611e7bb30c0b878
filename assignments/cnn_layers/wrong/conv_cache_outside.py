"""Keeps what the backward pass needs in a global variable: the second use of the layer overwrites the first one's."""

REPLACES = ("conv_forward_naive", "conv_backward_naive")
FAILS = ["conv_backward_naive"]
HINT = "Does the layer keep anything outside its cache?"


last = []


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
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    last[:] = [x, w, b, conv_param]
    return out, ()


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = last
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, F, H_out, W_out = dout.shape
    HH, WW = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    rows, columns = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)
                    dpadded[n, :, rows, columns] += dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * padded[n, :, rows, columns]
                    db[f] += dout[n, f, i, j]
    return dpadded[:, :, pad:pad + x.shape[2], pad:pad + x.shape[3]], dw, db
