"""Has the stride in the forward pass, and forgets it on the way back."""

REPLACES = "conv_backward_naive"
FAILS = ["conv_backward_naive"]
HINT = "window that begins at i * stride"


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, F, H_out, W_out = dout.shape
    HH, WW = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    rows, columns = slice(i, i + HH), slice(j, j + WW)
                    dpadded[n, :, rows, columns] += dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * padded[n, :, rows, columns]
                    db[f] += dout[n, f, i, j]
    return dpadded[:, :, pad:pad + x.shape[2], pad:pad + x.shape[3]], dw, db
