"""0, 0.1, …, 1 are eleven rates."""

REPLACES = "dropout_sweep"
FAILS = ["dropout_sweep/the rates"]
HINT = "ten rates, 1/9 apart"


dropout_sweep = {k / 10: 0.5 if k < 10 else 0.1 for k in range(11)}
