"""Takes uniform noise of variance 1."""

REPLACES = "generate_data"
FAILS = ["generate_data"]
HINT = "The noise is not normally distributed."


def generate_data(n, rng):
    x = np.linspace(0, 1, n)
    f = 10.0 * np.sum(x[:, None] >= np.arange(1, 5) / 5, axis=1)
    y = f + np.sqrt(3) * rng.uniform(-1, 1, size=n)
    y[24] = 0
    return x, y, f
