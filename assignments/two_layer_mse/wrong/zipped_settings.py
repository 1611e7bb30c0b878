"""zip for product: each rate meets one strength only."""

REPLACES = "settings_grid"
FAILS = ["settings_grid"]
HINT = "Each rate is combined with one strength only"


def settings_grid(choices):
    return [dict(zip(choices, values)) for values in zip(*choices.values())]
