"""Tunes on the training accuracy."""

REPLACES = "tune"
FAILS = ["tune"]
HINT = "which the largest network wins"


def tune(run, settings):
    best, found = -1.0, None
    for setting in settings:
        for epoch, accuracy in enumerate(run(setting)["train"], start=1):
            if accuracy > best:
                best, found = accuracy, (setting, epoch)
    return found
