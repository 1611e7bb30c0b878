"""Pads by one pixel whatever the size of the filters."""

REPLACES = "two_layer_convnet"
FAILS = ["two_layer_convnet"]
HINT = "ValueError"


def two_layer_convnet(X, model, y=None, reg=0.0):
    W1, b1, W2, b2 = model["W1"], model["b1"], model["W2"], model["b2"]
    conv_param = {"stride": 1, "pad": 1}
    pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    features, conv_cache = conv_relu_pool_forward(X, W1, b1, conv_param, pool_param)
    scores, affine_cache = affine_forward(features, W2, b2)
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    loss += 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
    dfeatures, dW2, db2 = affine_backward(dscores, affine_cache)
    _, dW1, db1 = conv_relu_pool_backward(dfeatures, conv_cache)
    return loss, {"W1": dW1 + reg * W1, "b1": db1, "W2": dW2 + reg * W2, "b2": db2}
