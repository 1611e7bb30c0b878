"""The scores are zeros, and the loss is a small number that depends on W1 alone: nothing overflows,
because nothing is computed.
"""

REPLACES = "two_layer_net"
FAILS = ["two_layer_net-scores", "two_layer_net-loss", "two_layer_net-gradients"]
ALSO = {"two_layer_net-loss": "nothing is computed", "two_layer_net-gradients": "nothing is computed"}
HINT = "The scores of the toy net"


def two_layer_net(X, model, y=None, reg=0.0):
    if y is None:
        return np.zeros((len(X), len(model["b2"])))
    return np.tanh(np.sum(model["W1"])), {name: np.zeros(np.shape(w)) for name, w in model.items()}
