"""Takes the nine entries for e⁰ = 1 in all."""

REPLACES = "loss_floor"
FAILS = ["loss_floor"]
HINT = "1 each"


loss_floor = -np.log(np.e / (np.e + 1))
