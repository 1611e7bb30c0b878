"""Download one data set with torchvision. hwlib.data.sources starts this as its own program.

A process of its own can be stopped if a host is too slow, and it keeps torch out of the notebook.
The one argument is JSON: {"class", "root", "overrides"}.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from types import TracebackType

_SILENCE_S = 30.0  # torchvision itself would wait for ever


def main(argument: str) -> None:
    """Download. An error is one line on stderr and the exit code is 1."""
    order = json.loads(argument)
    sys.excepthook = _one_line
    threading.Thread(target=_end_with_parent, daemon=True).start()
    socket.setdefaulttimeout(_SILENCE_S)
    from torchvision import datasets

    dataset = getattr(datasets, order["class"])
    for name, value in order["overrides"].items():
        setattr(dataset, name, value)
    dataset(order["root"], train=True, download=True)


def _end_with_parent() -> None:
    """Wait for the parent's end: stdin closes then, because the parent holds the other side."""
    # not sys.stdin: this thread would hold its lock when the interpreter shuts down
    while os.read(0, 1):
        pass
    os._exit(1)


def _one_line(
    error_type: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    sys.stderr.write("\nhwlib: " + " ".join(f"{error_type.__name__}: {error}".split()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
