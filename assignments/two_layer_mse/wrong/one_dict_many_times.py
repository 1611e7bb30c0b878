"""One dict is changed and appended again and again."""

REPLACES = "settings_grid"
FAILS = ["settings_grid"]
HINT = "Is each entry a dict of its own?"


def settings_grid(choices):
    settings, grid = {}, []
    for values in itertools.product(*choices.values()):
        for name, value in zip(choices, values):
            settings[name] = value
        grid.append(settings)
    return grid
