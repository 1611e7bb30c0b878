"""Rows and columns confused: sums over the images where the classes are meant (images used to be rows)."""

FAILS = ["softmax_loss_vectorized/the loss"]
HINT = "The softmax runs over the images"
EDITS = {
    "scores = scores - scores.max(axis=0)": "scores = scores - scores.max(axis=1, keepdims=True)",
    "log_probabilities = scores - np.log(np.sum(np.exp(scores), axis=0))":
        "log_probabilities = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))",
}
