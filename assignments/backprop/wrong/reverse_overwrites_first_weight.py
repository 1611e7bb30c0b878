"""Writes = for += at w1: in the second output only σ counts."""

REPLACES = "reverse_mode"
FAILS = ["reverse_mode/the second output"]
HINT = "w1 got only the share of σ"


def reverse_mode(w):
    a, b = np.exp(w[0]), np.exp(2 * w[1])
    T, q = a + b, expit(w[0])
    rows = []
    for f1, f2 in ((1.0, 0.0), (0.0, 1.0)):
        T_bar = f1 * (np.exp(T) + np.cos(T))
        share = {"w1": T_bar * a, "w2": T_bar * 2 * b}
        if f2:
            share["w2"] += f2 * w[0]
            share["w1"] = f2 * w[1]
            share["w1"] = f2 * q * (1 - q)
        rows.append([share["w1"], share["w2"]])
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + q]), np.array(rows)
