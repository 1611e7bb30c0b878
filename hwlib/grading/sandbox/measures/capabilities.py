"""Giving up all privileges of root, so that no other measure can be undone.

A process in a user namespace of its own is root there, whoever started it: without this it could
unmount what hides the course.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

from hwlib.grading.sandbox.measures.kernel import call, prctl

__all__ = ["become", "give_up_all"]

PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 24, 28, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
# root's user id means nothing; capabilities can't be kept or raised; all of it locked
SECUREBITS = 0x01 | 0x02 | 0x08 | 0x20 | 0x40 | 0x80
VERSION_3 = 0x20080522  # of the kernel's interface: two words for each set
LAST = 63


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def become(uid: int) -> None:
    """Become another user, with a group of the same number and no other group."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def give_up_all(uid: int) -> None:
    """Drop every capability for good and, if this is root, become the user `uid`.

    Raises
    ------
    OSError
        If a capability is left.
    """
    for number in range(LAST + 1):
        prctl(PR_CAPBSET_DROP, number)  # fails where there is nothing to drop
    prctl(PR_SET_SECUREBITS, SECUREBITS)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    if os.getuid() == 0:
        become(uid)
    header, nothing = _Header(VERSION_3, 0), (ctypes.c_uint32 * 6)()
    call("capset", ctypes.byref(header), nothing)
    if not prctl(PR_SET_NO_NEW_PRIVS, 1):
        raise OSError("no_new_privs is refused")
    if left := _held():
        raise OSError(f"capabilities are left: {left:#x}")


def _held() -> int:
    """The capabilities of this process, as a number with a bit for each."""
    held = 0
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(("CapEff", "CapPrm", "CapInh", "CapAmb")):
                held |= int(line.split()[1], 16)
    return held
