"""The loss is a mean, but the gradient still adds up all images."""

FAILS = ["softmax_loss_vectorized/the gradient"]
HINT = "compared with the slopes of your own loss"
EDITS = {"dW = G @ X.T / N": "dW = G @ X.T"}
