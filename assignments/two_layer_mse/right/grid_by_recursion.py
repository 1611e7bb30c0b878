"""One name at a time, by recursion."""

REPLACES = "settings_grid"


def settings_grid(choices):
    if not choices:
        return [{}]
    (name, values), *others = choices.items()
    return [{name: value, **rest} for value in values for rest in settings_grid(dict(others))]
