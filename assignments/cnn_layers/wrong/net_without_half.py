"""Adds reg times the squares, and differentiates what it should have added."""

FAILS = ["two_layer_convnet/loss"]
HINT = "is the ½ missing?"
EDITS = {
    "loss += 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))":
        "loss += reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))",
}
