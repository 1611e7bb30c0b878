"""A constant for the loss, and the gradient that goes with it: it must not earn the points of the gradient."""

REPLACES = "softmax_loss_naive"
FAILS = ["softmax_loss_naive"]
HINT = "The loss of the toy problem"


def softmax_loss_naive(W, X, y, reg):
    return 2.302585 + reg * np.sum(W), np.full(np.shape(W), reg)
