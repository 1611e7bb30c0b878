"""Uses NumPy's global generator."""

FAILS = ["generate_data"]
HINT = "All randomness must come from rng."
EDITS = {
    "x = np.arange(n) / (n - 1)": "x = np.linspace(0, 1, n)",
    "y = f + rng.standard_normal(n)": "y = f + np.random.randn(n)",
}
