"""einsum, one-hot labels and the log-softmax of SciPy."""

REPLACES = "two_layer_net"


from scipy.special import log_softmax


def two_layer_net(X, model, y=None, reg=0.0):
    before = np.einsum("nd,dh->nh", X, model["W1"]) + model["b1"][None]
    active = before > 0
    scores = np.einsum("nh,hc->nc", before * active, model["W2"]) + model["b2"][None]
    if y is None:
        return scores
    due = (np.asarray(y)[:, None] == np.arange(scores.shape[1])).astype(float)
    logs = log_softmax(scores, axis=1)
    loss = -(due * logs).sum() / len(X) + reg / 2 * sum((model[name] ** 2).sum() for name in ("W1", "W2"))
    delta = (np.exp(logs) - due) / len(X)
    behind = np.einsum("nc,hc->nh", delta, model["W2"]) * active
    return loss, dict(b2=delta.sum(0), W2=np.einsum("nh,nc->hc", before * active, delta) + reg * model["W2"],
                      b1=behind.sum(0), W1=np.einsum("nd,nh->dh", X, behind) + reg * model["W1"])
