"""Epochs are counted from 0."""

REPLACES = "tune"
FAILS = ["tune"]
HINT = "The epoch is counted from 0"


def tune(run, settings):
    best, found = -1.0, None
    for setting in settings:
        for epoch, accuracy in enumerate(run(setting)["val"], start=0):
            if accuracy > best:
                best, found = accuracy, (setting, epoch)
    return found
