"""A permutation: no example twice in a batch, and never more than there are."""

FAILS = ["train/the minibatches"]
HINT = "with replacement"
EDITS = {
    "batch = np.random.choice(len(X), batch_size, replace=True)":
        "batch = np.random.permutation(len(X))[:batch_size]",
}
