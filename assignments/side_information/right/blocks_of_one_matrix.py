"""Computes the kernel matrix once and cuts rows and columns out of it."""

REPLACES = "leave_one_out_error"


def leave_one_out_error(fit, x, y, gamma, *lams):
    K, n = rbf_kernel(x, x, gamma), len(x)
    total = 0
    for i in reversed(range(n)):
        K_rest = np.delete(np.delete(K, i, axis=0), i, axis=1)
        total += (np.delete(K[i], i) @ np.asarray(fit(K_rest, np.delete(y, i), *lams)).ravel() - y[i]) ** 2
    return np.array(total / n)
