"""Calls into the C library that Python 3.11 has no function for."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["call", "files_as", "mount", "prctl"]


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


@contextmanager
def files_as(uid: int) -> Iterator[None]:
    """Open files as another user, with a group of the same number, for a while; only this thread,
    and only if it may.

    Root in a container lacks the right to look into other users' processes, which these have.
    """
    libc = _libc()
    group, user = libc.setfsgid(uid), libc.setfsuid(uid)
    try:
        yield
    finally:
        libc.setfsuid(user)
        libc.setfsgid(group)
