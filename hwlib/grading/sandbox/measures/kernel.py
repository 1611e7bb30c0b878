"""Calls into the C library that Python 3.11 has no function for."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any

__all__ = ["call", "mount", "prctl"]


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *args: Any) -> bool:
    """Call a function of the C library; False if the kernel refuses."""
    return bool(getattr(_libc(), name)(*args) == 0)


def prctl(option: int, *args: int) -> bool:
    """The system call prctl, with zeros for the arguments that are not given."""
    return call("prctl", option, *(ctypes.c_ulong(arg) for arg in (*args, 0, 0, 0, 0)[:4]))


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount a file system.

    Raises
    ------
    OSError
        If the kernel refuses.
    """
    encoded = [text and os.fsencode(text) for text in (source, target, kind)]
    if not call("mount", *encoded, ctypes.c_ulong(flags), data and data.encode()):
        number = ctypes.get_errno()
        raise OSError(number, f"mount of {target}: {os.strerror(number)}")
