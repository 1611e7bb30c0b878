"""Takes the table for symmetric, as that of one set with itself: computes one half and copies it."""

REPLACES = "KNN.compute_distances"
FAILS = ["compute_distances/the 2-norm"]
HINT = "Below the diagonal"


def compute_distances(self, X, norm=np.linalg.norm):
    A = np.array(X, dtype=float)
    B = np.array(self.X_train, dtype=float)
    num_test, num_train = A.shape[0], B.shape[0]
    dists = np.zeros((num_test, num_train))
    for i in range(num_test):
        for j in range(i, num_train):
            d = norm(A[i] - B[j])
            dists[i, j] = d
            if j < num_test:
                dists[j, i] = d          # symmetric, saves half of the work
    return dists
