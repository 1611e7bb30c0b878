"""einsum, and the loss without one-hot rows."""

REPLACES = "TwoLayerNet.loss"


def loss(self, X, y=None, reg=0.0):
    p = self.params
    z = np.einsum("nd,hd->nh", X, p["W1"]) + p["b1"]
    h = z * (z > 0)
    out = np.einsum("nh,ch->nc", h, p["W2"]) + p["b2"]
    if y is None:
        return out
    n, rows = X.shape[0], np.arange(X.shape[0])
    value = ((out ** 2).sum() - 2 * out[rows, y].sum() + n) / (2 * n)
    value += reg / 2 * sum(np.einsum("ij,ij->", p[name], p[name]) for name in ("W1", "W2"))
    d = out / n
    np.subtract.at(d, (rows, y), 1 / n)
    back = np.einsum("nc,ch->nh", d, p["W2"]) * (z > 0)
    return value, {"W2": np.einsum("nc,nh->ch", d, h) + reg * p["W2"], "b2": d.sum(0),
                   "W1": np.einsum("nh,nd->hd", back, X) + reg * p["W1"], "b1": back.sum(0)}
