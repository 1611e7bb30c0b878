"""Broadcasts the differences themselves, in blocks that fit into memory."""

REPLACES = "KNN.compute_L2_distances_vectorized"


def compute_L2_distances_vectorized(self, X):
    queries, examples = np.asarray(X, dtype=float), np.asarray(self.X_train, dtype=float)
    rows = max(1, 20_000_000 // examples.size)
    blocks = [queries[i:i + rows, None, :] - examples[None] for i in range(0, len(queries), rows)]
    return np.concatenate([np.sqrt((block ** 2).sum(axis=2)) for block in blocks])
