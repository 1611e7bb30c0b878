"""The line for the right class is forgotten: both layers are wrong by it, and it costs one of them."""

FAILS = ["two_layer_net-gradients/the second layer"]
HINT = "The 1 of the right class is not subtracted"
EDITS = {"dscores[np.arange(N), y] -= 1": ""}
