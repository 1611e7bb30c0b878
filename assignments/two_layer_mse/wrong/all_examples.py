"""Descent on all examples in every step: no minibatch is drawn."""

FAILS = ["train/the minibatches"]
HINT = "All examples are used in every step"
EDITS = {"batch = np.random.choice(len(X), batch_size, replace=True)": "batch = np.arange(len(X))"}
