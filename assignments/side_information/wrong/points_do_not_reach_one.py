"""Divides by n instead of n − 1."""

REPLACES = "generate_data"
FAILS = ["generate_data"]
HINT = "Every value is off by one and the same factor"


def generate_data(n, rng):
    x = np.arange(n) / n
    f = 10.0 * np.sum(x[:, None] >= np.arange(1, 5) / 5, axis=1)
    y = f + rng.standard_normal(n)
    y[24] = 0
    return x, y, f
