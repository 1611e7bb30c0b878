"""Download one data set with torchvision or pooch. hwlib.data.sources starts this as a program.

A process of its own can be stopped if a host is too slow, and it keeps torch out of the notebook.
The one argument is JSON: {"class", "root", "overrides"} for a class of torchvision's, or {"url",
"hash", "folder", "name", "certificates"} for a file.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

_SILENCE_S = 30.0  # torchvision itself would wait for ever


def main(argument: str) -> None:
    """Download. An error is one line on stderr and the exit code is 1."""
    order = json.loads(argument)
    sys.excepthook = _one_line
    threading.Thread(target=_end_with_parent, daemon=True).start()
    socket.setdefaulttimeout(_SILENCE_S)
    if "class" in order:
        _with_torchvision(order)
    else:
        _with_pooch(order)


def _with_torchvision(order: dict[str, Any]) -> None:
    from torchvision import datasets

    dataset = getattr(datasets, order["class"])
    for name, value in order["overrides"].items():
        setattr(dataset, name, value)
    dataset(order["root"], train=True, download=True)


def _with_pooch(order: dict[str, Any]) -> None:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    trusted = order["certificates"] or True
    try:
        pooch.retrieve(
            order["url"],
            known_hash=order["hash"],
            fname=order["name"],
            path=order["folder"],
            downloader=pooch.HTTPDownloader(timeout=_SILENCE_S, verify=trusted, chunk_size=2**16),
        )
    except requests.exceptions.SSLError as error:
        host = urlsplit(order["url"]).netloc
        sys.exit(
            f"hwlib: the certificate of {host} cannot be verified here; set REQUESTS_CA_BUNDLE to "
            f"the file with your network's certificates ({_short(error)})"
        )


def _end_with_parent() -> None:
    """Wait for the parent's end: stdin closes then, because the parent holds the other side."""
    # not sys.stdin: this thread would hold its lock when the interpreter shuts down
    while os.read(0, 1):
        pass
    os._exit(1)


def _one_line(
    error_type: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    sys.stderr.write(f"\nhwlib: {error_type.__name__}: {_short(error)}\n")


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    main(sys.argv[1])
