"""Images and labels are drawn one after the other, so they no longer belong together."""

FAILS = ["train/the minibatches"]
HINT = "Draw one set of indices"
EDITS = {
    "batch = rng.integers(0, num_images, size=batch_size)":
        "batch, labels = rng.choice(num_images, batch_size), rng.choice(num_images, batch_size)",
    "loss, dW = softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)":
        "loss, dW = softmax_loss_vectorized(self.W, X[:, batch], y[labels], reg)",
}
