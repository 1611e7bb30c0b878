"""No cvxpy where linear algebra will do; the Huber fit by reweighting."""

REPLACES = ("generate_data", "rbf_kernel", "difference_matrix", "fit_least_squares", "fit_huber")


def generate_data(n, rng):
    x = np.array([(i - 1) / (n - 1) for i in range(1, n + 1)])
    f = np.floor(np.minimum(5 * x + 1e-12, 4)) * 10
    y = np.array([rng.normal(mean) for mean in f])
    y[25 - 1] = 0
    return x, y, f


def rbf_kernel(x, z, gamma):
    from scipy.spatial.distance import cdist
    return np.exp(-gamma * cdist(np.reshape(x, (-1, 1)), np.reshape(z, (-1, 1)), "sqeuclidean"))


def difference_matrix(n):
    D = np.zeros((n - 1, n), dtype=int)
    for i in range(n - 1):
        D[i, i], D[i, i + 1] = -1, 1
    return D


def fit_least_squares(K, y, lam):
    return np.linalg.solve(K + lam * np.eye(len(y)), y)


def fit_huber(K, y, lam):
    alpha = np.zeros(len(y))
    for _ in range(2000):
        weights = 1 / np.maximum(1, np.abs(K @ alpha - y))
        alpha = np.linalg.solve(K + lam * np.diag(1 / weights), y)
    return alpha
