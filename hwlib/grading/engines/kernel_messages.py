"""How a kernel of nbgrader's engine turns its messages to bytes; a kernel loads it by its name."""

from __future__ import annotations

import json
from typing import Any

from jupyter_client.jsonutil import json_default
from jupyter_client.session import json_packer

from hwlib.grading.cells import readable

__all__ = ["pack"]


def pack(message: Any) -> bytes:
    r"""Pack a message as Jupyter does; a lone half of a surrogate pair becomes U+FFFD.

    Jupyter's own packer raises there, in the thread that sends what a kernel prints. What waits
    behind it, "I am idle" included, is sent with the next message or never, so that a cell that
    prints such a character seems to hang now and then.

    >>> pack({"text": "\ud83d"}).decode()
    '{"text": "\ufffd"}'
    """
    try:
        packed: bytes = json_packer(message)
    except UnicodeEncodeError:
        text = json.dumps(message, default=json_default, ensure_ascii=False, allow_nan=False)
        packed = readable(text).encode()
    return packed
