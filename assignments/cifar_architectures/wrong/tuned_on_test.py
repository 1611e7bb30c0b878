"""Tunes on the test set, as the published version asks."""

REPLACES = "tune"
FAILS = ["tune"]
HINT = "the test images must not choose"


def tune(run, settings):
    best, found = -1.0, None
    for setting in settings:
        for epoch, accuracy in enumerate(run(setting)["test"], start=1):
            if accuracy > best:
                best, found = accuracy, (setting, epoch)
    return found
