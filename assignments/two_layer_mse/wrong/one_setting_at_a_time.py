"""Changes one setting at a time, so two settings never differ from their first values together."""

REPLACES = "settings_grid"
FAILS = ["settings_grid"]
HINT = "One setting at a time"


def settings_grid(choices):
    default = {name: values[0] for name, values in choices.items()}
    grid = [dict(default)]
    for name, values in choices.items():
        for value in values[1:]:
            settings = dict(default)
            settings[name] = value
            grid.append(settings)
    return grid
