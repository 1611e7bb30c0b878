"""Two loops, for the two names of the example."""

REPLACES = "settings_grid"
FAILS = ["settings_grid"]
HINT = "Your code raised ValueError"


def settings_grid(choices):
    first, second = choices
    return [{first: a, second: b} for a in choices[first] for b in choices[second]]
