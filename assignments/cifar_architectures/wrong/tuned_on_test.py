"""Tunes on the test set, as the published version asks."""

FAILS = ["tune/the setting"]
HINT = "the test images must not choose"
EDITS = {
    'for epoch, accuracy in enumerate(run(setting)["val"], start=1):':
        'for epoch, accuracy in enumerate(run(setting)["test"], start=1):',
}
