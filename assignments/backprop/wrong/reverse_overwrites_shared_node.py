"""Writes = for += at T, so that only the last share counts."""

REPLACES = "reverse_mode"
FAILS = ["reverse_mode/the first output"]
HINT = "T got only the share of sin T"


def reverse_mode(w):
    a, b = np.exp(w[0]), np.exp(2 * w[1])
    T, q = a + b, expit(w[0])
    rows = []
    for f1, f2 in ((1.0, 0.0), (0.0, 1.0)):
        T_bar = f1 * np.exp(T)
        T_bar = f1 * np.cos(T)
        rows.append([T_bar * a + f2 * (w[1] + q * (1 - q)), T_bar * 2 * b + f2 * w[0]])
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + q]), np.array(rows)
