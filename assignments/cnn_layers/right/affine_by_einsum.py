"""Keeps the shape of the examples and lets einsum find the axes; the cache is a dict."""

REPLACES = ("affine_forward", "affine_backward")


def affine_forward(x, w, b):
    flat = np.reshape(x, (x.shape[0], np.prod(x.shape[1:], dtype=int)))
    out = np.einsum("nd,dm->nm", flat, w)
    out += b[np.newaxis]
    return out, {"flat": flat, "shape": x.shape, "w": w}


def affine_backward(dout, cache):
    dflat = np.einsum("nm,dm->nd", dout, cache["w"])
    return [dflat.reshape(cache["shape"]), np.einsum("nd,nm->dm", cache["flat"], dout), np.ones(len(dout)) @ dout]
