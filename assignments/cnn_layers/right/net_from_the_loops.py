"""Builds the net from the slow layers, one after the other, without the sandwich; grads are made in another order."""

REPLACES = "two_layer_convnet"


def two_layer_convnet(X, model, y=None, reg=0.0):
    half = model["W1"].shape[-1] // 2
    caches = {}
    h, caches["conv"] = conv_forward_naive(X, model["W1"], model["b1"], dict(stride=1, pad=half))
    h, caches["relu"] = relu_forward(h)
    h, caches["pool"] = max_pool_forward_naive(h, dict(pool_height=2, pool_width=2, stride=2))
    scores, caches["affine"] = affine_forward(h, model["W2"], model["b2"])
    if y is None:
        return scores
    loss, d = softmax_loss(scores, y)
    grads = {}
    d, grads["W2"], grads["b2"] = affine_backward(d, caches["affine"])
    d = relu_backward(max_pool_backward_naive(d, caches["pool"]), caches["relu"])
    d, grads["W1"], grads["b1"] = conv_backward_naive(d, caches["conv"])
    for name in ("W1", "W2"):
        loss = loss + reg / 2 * np.linalg.norm(model[name]) ** 2
        grads[name] = grads[name] + reg * model[name]
    return np.float64(loss), grads
