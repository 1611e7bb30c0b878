"""Uses NumPy's global generator."""

REPLACES = "generate_data"
FAILS = ["generate_data"]
HINT = "All randomness must come from rng."


def generate_data(n, rng):
    x = np.linspace(0, 1, n)
    f = 10.0 * np.sum(x[:, None] >= np.arange(1, 5) / 5, axis=1)
    y = f + np.random.randn(n)
    y[24] = 0
    return x, y, f
