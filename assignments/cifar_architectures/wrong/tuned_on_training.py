"""Tunes on the training accuracy."""

FAILS = ["tune/the setting"]
HINT = "which the largest network wins"
EDITS = {
    'for epoch, accuracy in enumerate(run(setting)["val"], start=1):':
        'for epoch, accuracy in enumerate(run(setting)["train"], start=1):',
}
