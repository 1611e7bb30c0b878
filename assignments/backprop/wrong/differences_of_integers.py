"""Adds dw to a copy of w in place: a copy of integers keeps only integers."""

REPLACES = "numeric_jacobian"
FAILS = ["numeric_jacobian/whole numbers"]
HINT = "Integers stay integers"


def numeric_jacobian(f, w, dw=0.01):
    columns = []
    for j in range(len(w)):
        up, down = w.copy(), w.copy()
        up[j] = up[j] + dw
        down[j] = down[j] - dw
        columns.append((np.asarray(f(up)) - np.asarray(f(down))) / (2 * dw))
    return np.stack(columns, axis=1)
