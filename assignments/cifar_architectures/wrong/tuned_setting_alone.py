"""Returns the setting without its epoch."""

REPLACES = "tune"
FAILS = ["tune"]
HINT = "Return the setting and the epoch"


def tune(run, settings):
    return max(settings, key=lambda setting: max(run(setting)["val"]))
