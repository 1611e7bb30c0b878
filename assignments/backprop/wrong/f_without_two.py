"""Writes e^w2 instead of e^(2·w2)."""

REPLACES = "f"
FAILS = ["f"]
HINT = "The 2 in the exponent 2·w2 is missing."


def f(w):
    T = np.exp(w[0]) + np.exp(w[1])
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + expit(w[0])])
