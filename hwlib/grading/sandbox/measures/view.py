"""A list of folders that can be read and one that can be written, by Landlock.

https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

if sys.platform == "linux":
    from landlockpy import AccessFS, LandlockError, Ruleset, Scope, abi_version

__all__ = ["SIGNALS_SINCE", "abi", "restrict_to", "system_folders"]

SIGNALS_SINCE = 6  # the version of Landlock that restricts signals and abstract sockets

# of other processes /proc tells what everybody may know: their memory and environment are refused
_FOLDERS = "/usr /lib /lib32 /lib64 /bin /sbin /proc /sys/devices/system /sys/fs/cgroup"
_SETTINGS = (
    "alternatives ca-certificates fonts group host.conf hosts ld.so.cache ld.so.conf "
    "ld.so.conf.d localtime mime.types nsswitch.conf os-release passwd resolv.conf ssl timezone"
)
_DEVICES = tuple(f"/dev/{name}" for name in ("full", "null", "random", "urandom", "zero"))


@cache
def abi() -> int:
    """The version of Landlock that this kernel has; 0 for none."""
    if sys.platform != "linux":
        return 0
    try:
        return int(abi_version())
    except (LandlockError, OSError):
        return 0


def system_folders() -> list[str]:
    """What any program may read: libraries, and settings without secrets."""
    settings = [f"/etc/{name}" for name in _SETTINGS.split()]
    return [path for path in (*_FOLDERS.split(), *settings) if Path(path).exists()]


def restrict_to(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Allow reading below some paths and everything below others, and nothing else. Processes
    outside can't be sent signals where the kernel knows how to refuse them.

    Raises
    ------
    OSError
        If the kernel has no Landlock.
    """
    read = AccessFS.READ_FILE | AccessFS.READ_DIR | AccessFS.EXECUTE
    change = AccessFS.WRITE_FILE | AccessFS.TRUNCATE
    make = AccessFS.MAKE_DIR | AccessFS.MAKE_REG | AccessFS.MAKE_SYM | AccessFS.MAKE_FIFO
    remove = AccessFS.REMOVE_DIR | AccessFS.REMOVE_FILE | AccessFS.REFER
    with Ruleset(scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL) as rules:
        for path in readable:
            _allow(rules, path, read)
        for path in writable:
            _allow(rules, path, read | change | make | remove)
        for path in _DEVICES:
            _allow(rules, path, AccessFS.READ_FILE | change)
        rules.restrict()


def _allow(rules: Ruleset, path: str, access: AccessFS) -> None:
    """Allow access below a path, as far as it makes sense for a file; no error if there is none."""
    of_files = AccessFS.EXECUTE | AccessFS.READ_FILE | AccessFS.WRITE_FILE | AccessFS.TRUNCATE
    with contextlib.suppress(FileNotFoundError, PermissionError):
        rules.allow_path(path, access if Path(path).is_dir() else access & of_files)
