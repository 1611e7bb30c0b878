"""Epochs are counted from 0."""

FAILS = ["tune/the epoch"]
HINT = "The epoch is counted from 0"
EDITS = {
    'for epoch, accuracy in enumerate(run(setting)["val"], start=1):':
        'for epoch, accuracy in enumerate(run(setting)["val"], start=0):',
}
