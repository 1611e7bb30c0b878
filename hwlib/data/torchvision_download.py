"""Started by hwlib.data.sources as a program of its own: torchvision downloads one data set.

In a process of its own, a host that sends a few bytes a second can be given up, and torch is not
loaded into the caller's notebook. The one argument is JSON: {"class", "root", "overrides"}.
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
    """Download; an error's text goes to stderr in one line and the exit code is 1."""
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
    """The parent holds the other end of our stdin, which closes when the parent is gone."""
    # not sys.stdin: its lock, held here, would upset the interpreter's own end
    while os.read(0, 1):
        pass
    os._exit(1)


def _one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write("\nhwlib: " + " ".join(f"{kind.__name__}: {error}".split()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
