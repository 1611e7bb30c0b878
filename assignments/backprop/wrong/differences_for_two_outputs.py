"""Written for this f: two outputs, two weights."""

REPLACES = "numeric_jacobian"
FAILS = ["numeric_jacobian/the differences"]
HINT = "expected shape (2, 3)"


def numeric_jacobian(f, w, dw=0.01):
    w = np.array(w, dtype=float)
    J = np.zeros((2, 2))
    for j in range(2):
        step = np.zeros(len(w))
        step[j] = dw
        J[:, j] = (np.asarray(f(w + step)) - np.asarray(f(w - step))) / (2 * dw)
    return J
