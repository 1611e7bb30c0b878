"""Copies the two loops from above: right, but the point was to do without."""

REPLACES = "KNN.compute_L2_distances_vectorized"
FAILS = ["compute_L2_distances_vectorized"]
HINT = "without a loop over pairs"


def compute_L2_distances_vectorized(self, X):
    return self.compute_distances(X)
