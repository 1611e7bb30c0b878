"""Plain Python: loops over songs and moods, lists as results."""

REPLACES = ("poisson_nll", "poisson_gradient", "poisson_hessian", "e_step", "m_step", "make_playlists")


def poisson_nll(w, X, y):
    total = 0.0
    for x, count in zip(X, y):
        z = sum(a * b for a, b in zip(w, x))
        total += math.exp(z) - count * z + math.lgamma(count + 1)
    return total


def poisson_gradient(w, X, y):
    result = [0.0] * len(w)
    for x, count in zip(X, y):
        for a in range(len(w)):
            result[a] += (math.exp(x @ w) - count) * x[a]
    return result


def poisson_hessian(w, X, y):
    return sum(math.exp(x @ w) * np.outer(x, x) for x in X)


def e_step(X, y, W, pi):
    R = []
    for x, count in zip(X, y):
        logs = [math.log(p) + count * (x @ w) - math.exp(x @ w) - math.lgamma(count + 1) for p, w in zip(pi, W)]
        top = max(logs)
        shares = [math.exp(a - top) for a in logs]
        R.append([share / sum(shares) for share in shares])
    return np.array(R)


def m_step(X, y, R):
    K = R.shape[1]
    return np.array([fit_poisson(X, y, R[:, k]) for k in range(K)]), [sum(R[:, k]) / len(y) for k in range(K)]


def make_playlists(X_all, W, size):
    rows = []
    for w in W:
        ranked = sorted(((np.exp(x @ w), -i) for i, x in enumerate(X_all)), reverse=True)
        rows.append([-i for _, i in ranked[:size]])
    return rows
