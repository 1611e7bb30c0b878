"""All images in every step: gradient descent, but not stochastic."""

FAILS = ["train/the minibatches"]
HINT = "Draw batch_size images in each step"
EDITS = {
    "batch = rng.integers(0, num_images, size=batch_size)": "batch = np.arange(num_images)",
    "loss, dW = softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)":
        "loss, dW = softmax_loss_vectorized(self.W, X, y, reg)",
}
