"""A loop over the classes is no loop over images."""

REPLACES = "softmax_loss_vectorized"

def softmax_loss_vectorized(W, X, y, reg):
    scores = np.array([w @ X for w in W])
    scores -= scores.max(axis=0)
    total = sum(np.exp(row) for row in scores)
    N = X.shape[1]
    loss = np.log(total).mean() - sum(row[y == c].sum() for c, row in enumerate(scores)) / N
    dW = np.stack([(np.exp(row) / total - (y == c)) @ X.T / N for c, row in enumerate(scores)])
    without_bias = np.hstack([W[:, :-1], np.zeros((len(W), 1))])
    return np.float64(loss + reg * 0.5 * np.linalg.norm(without_bias) ** 2), dW + reg * without_bias
