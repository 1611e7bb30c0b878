"""The winner is trained again to find its epoch."""

REPLACES = "tune"
FAILS = ["tune/one run for each setting"]
HINT = "keep what it returns"


def tune(run, settings):
    setting = max(settings, key=lambda setting: max(run(setting)["val"]))
    accuracies = run(setting)["val"]
    return setting, accuracies.index(max(accuracies)) + 1
