"""Takes f(w + dw) − f(w)."""

REPLACES = "numeric_jacobian"
FAILS = ["numeric_jacobian/the differences"]
HINT = "These are one-sided differences"


def numeric_jacobian(f, w, dw=0.01):
    base = np.asarray(f(np.array(w, dtype=float)))
    columns = []
    for j in range(len(w)):
        moved = np.array(w, dtype=float)
        moved[j] += dw
        columns.append((np.asarray(f(moved)) - base) / dw)
    return np.stack(columns, axis=1)
