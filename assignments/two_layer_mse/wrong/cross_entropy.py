"""The loss of the assignment before."""

FAILS = ["loss-value/the loss"]
HINT = "This is the cross-entropy of a softmax"
EDITS = {
    """
errors = outputs - np.eye(len(b2))[y]
loss = 0.5 * np.sum(errors ** 2) / N + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
""": """
p = np.exp(outputs - outputs.max(axis=1, keepdims=True))
p /= p.sum(axis=1, keepdims=True)
errors = p - np.eye(len(b2))[y]
loss = -np.mean(np.log(p[np.arange(N), y])) + 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
""",
}
