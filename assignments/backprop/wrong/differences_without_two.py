"""Divides by dw, though the points are 2·dw apart."""

REPLACES = "numeric_jacobian"
FAILS = ["numeric_jacobian/the differences"]
HINT = "Every value is exactly 2 times the right one"


def numeric_jacobian(f, w, dw=0.01):
    w = np.array(w, dtype=float)
    return np.stack([(np.asarray(f(w + step)) - np.asarray(f(w - step))) / dw for step in dw * np.eye(len(w))], axis=1)
