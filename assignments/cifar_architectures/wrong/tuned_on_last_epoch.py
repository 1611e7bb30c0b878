"""Looks at the last epoch only."""

REPLACES = "tune"
FAILS = ["tune/the setting"]
HINT = "the last epoch's validation accuracy"


def tune(run, settings):
    results = [(setting, run(setting)["val"]) for setting in settings]
    setting, accuracies = max(results, key=lambda result: result[1][-1])
    return setting, accuracies.index(max(accuracies)) + 1
