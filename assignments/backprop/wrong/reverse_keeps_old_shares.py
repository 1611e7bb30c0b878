"""Doesn't reset the shares between the two passes."""

REPLACES = "reverse_mode"
FAILS = ["reverse_mode/the second output"]
HINT = "begin every pass with all shares at 0"


def reverse_mode(w):
    a, b = np.exp(w[0]), np.exp(2 * w[1])
    T, q = a + b, expit(w[0])
    share, rows = np.zeros(2), []
    for f1, f2 in ((1.0, 0.0), (0.0, 1.0)):
        T_bar = f1 * (np.exp(T) + np.cos(T))
        share += [T_bar * a, T_bar * 2 * b]
        share += [f2 * (w[1] + q * (1 - q)), f2 * w[0]]
        rows.append(share.copy())
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + q]), np.array(rows)
