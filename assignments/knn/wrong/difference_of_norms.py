"""Takes the difference of the lengths of two images for the length of their difference."""

REPLACES = "KNN.compute_distances"
FAILS = ["compute_distances/the 2-norm"]
HINT = "difference of two norms"


def compute_distances(self, X, norm=np.linalg.norm):
    lengths = np.array([norm(x.astype(float)) for x in X])
    return np.abs(lengths[:, None] - np.array([norm(t.astype(float)) for t in self.X_train]))
