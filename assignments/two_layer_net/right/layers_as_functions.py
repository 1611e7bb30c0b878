"""Each layer is a function that returns its output and how to go back."""

REPLACES = "two_layer_net"


def affine(x, W, b):
    return x @ W + b, lambda d: (d @ W.T, x.T @ d, d.sum(axis=0))


def relu(x):
    return np.clip(x, 0, None), lambda d: np.where(x > 0, d, 0)


def cross_entropy(s, y):
    rows = np.arange(len(s))
    e = np.exp(s - np.max(s, axis=1)[:, None])
    p = e / np.sum(e, axis=1)[:, None]
    due = np.zeros_like(p)
    due[rows, y] = 1
    return -np.log(p[rows, y]).mean(), (p - due) / len(s)


def two_layer_net(X, model, y=None, reg=0.0):
    z, back_1 = affine(X, model["W1"], model["b1"])
    h, back_relu = relu(z)
    s, back_2 = affine(h, model["W2"], model["b2"])
    if y is None:
        return s
    loss, ds = cross_entropy(s, y)
    dh, dW2, db2 = back_2(ds)
    _, dW1, db1 = back_1(back_relu(dh))
    grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    for name in grads:
        if name.startswith("W"):
            loss = loss + 0.5 * reg * np.vdot(model[name], model[name])
            grads[name] = grads[name] + reg * model[name]
    return loss, grads
