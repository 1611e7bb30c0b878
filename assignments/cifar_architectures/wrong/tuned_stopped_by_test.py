"""The setting is chosen by validation accuracy, the epoch by test accuracy."""

REPLACES = "tune"
FAILS = ["tune/the epoch"]
HINT = "best test accuracy"


def tune(run, settings):
    results = [(setting, run(setting)) for setting in settings]
    setting, curves = max(results, key=lambda result: max(result[1]["val"]))
    return setting, curves["test"].index(max(curves["test"])) + 1
