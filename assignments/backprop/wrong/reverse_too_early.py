"""Hands on the share of T before sin T has added its own."""

REPLACES = "reverse_mode"
FAILS = ["reverse_mode/the first output"]
HINT = "T got only the share of exp T"


def reverse_mode(w):
    a, b = np.exp(w[0]), np.exp(2 * w[1])
    T, q = a + b, expit(w[0])
    rows = []
    for f1, f2 in ((1.0, 0.0), (0.0, 1.0)):
        T_bar = f1 * np.exp(T)
        a_bar, b_bar = T_bar, T_bar
        T_bar += f1 * np.cos(T)
        rows.append([a_bar * a + f2 * (w[1] + q * (1 - q)), b_bar * 2 * b + f2 * w[0]])
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + q]), np.array(rows)
