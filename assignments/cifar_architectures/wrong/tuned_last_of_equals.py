"""Of equal ones the last wins."""

REPLACES = "tune"
FAILS = ["tune"]
HINT = "the first wins if equal"


def tune(run, settings):
    best, found = -1.0, None
    for setting in settings:
        for epoch, accuracy in enumerate(run(setting)["val"], start=1):
            if accuracy >= best:
                best, found = accuracy, (setting, epoch)
    return found
