"""Takes y_25 for y[25]: the published mistake."""

REPLACES = "generate_data"
FAILS = ["generate_data"]
HINT = "y₂₅ counts from 1: that is y[24] in Python."


def generate_data(n, rng):
    x = np.arange(n) / (n - 1)
    f = 10.0 * np.sum(x[:, None] >= np.arange(1, 5) / 5, axis=1)
    y = f + rng.standard_normal(n)
    y[25] = 0
    return x, y, f
