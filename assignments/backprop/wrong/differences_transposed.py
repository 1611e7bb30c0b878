"""Stacks the derivatives by each weight as rows."""

REPLACES = "numeric_jacobian"
FAILS = ["numeric_jacobian/the differences"]
HINT = "Rows and columns are exchanged"


def numeric_jacobian(f, w, dw=0.01):
    w = np.array(w, dtype=float)
    return np.array([(np.asarray(f(w + step)) - np.asarray(f(w - step))) / (2 * dw) for step in dw * np.eye(len(w))])
