"""0, 0.1, …, 1 are eleven rates."""

REPLACES = "dropout_sweep"
FAILS = ["dropout_sweep"]
HINT = "ten rates, 1/9 apart"


dropout_sweep = {k / 10: 0.5 for k in range(11)}
