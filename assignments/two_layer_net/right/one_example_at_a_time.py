"""A loop over the examples that adds up outer products."""

REPLACES = "two_layer_net"


def two_layer_net(X, model, y=None, reg=0.0):
    model = {name: np.array(value, dtype=float) for name, value in model.items()}
    grads = {name: np.zeros_like(value) for name, value in model.items()}
    scores, loss = [], 0.0
    for i, x in enumerate(np.asarray(X, dtype=float)):
        z = x @ model["W1"] + model["b1"]
        h = np.where(z > 0, z, 0.0)
        s = h @ model["W2"] + model["b2"]
        scores.append(s)
        if y is None:
            continue
        p = np.exp(s - s.max())
        p /= p.sum()
        loss -= np.log(p[y[i]]) / len(X)
        p[y[i]] -= 1
        p /= len(X)
        back = np.where(z > 0, model["W2"] @ p, 0.0)
        for name, g in {"W1": np.outer(x, back), "b1": back, "W2": np.outer(h, p), "b2": p}.items():
            grads[name] += g
    if y is None:
        return np.array(scores)
    for name in ("W1", "W2"):
        loss += reg * np.linalg.norm(model[name]) ** 2 / 2
        grads[name] += reg * model[name]
    return loss, grads
