"""ReLU and the affine layer give zeros, forwards and back, and so the net has nothing to do."""

REPLACES = ["affine_forward", "affine_backward", "relu_forward", "relu_backward", "two_layer_convnet"]
FAILS = ["affine_forward", "affine_backward", "relu_forward", "relu_backward", "two_layer_convnet"]
HINT = "The output"


def affine_forward(x, w, b):
    return np.zeros((len(x), len(b))), (x, w, b)


def affine_backward(dout, cache):
    return tuple(np.zeros(np.shape(one)) for one in cache)


def relu_forward(x):
    return np.zeros(np.shape(x)), x


def relu_backward(dout, cache):
    return np.zeros(np.shape(cache))


def two_layer_convnet(X, model, y=None, reg=0.0):
    if y is None:
        return np.zeros((len(X), len(model["b2"])))
    loss = np.log(len(model["b2"])) + reg / 2 * (np.sum(model["W1"] ** 2) + np.sum(model["W2"] ** 2))
    grads = {name: reg * w if name.startswith("W") else np.zeros(np.shape(w)) for name, w in model.items()}
    return loss, grads
