"""Control groups: how much memory a program and all that it starts have used together.

Workers have none of their own: to enter one takes some 10 ms, a tenth of a submission's time.

https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/memory.html
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Group", "make"]

PREFIX = "hwlib-"
CONTROLLERS = ("memory", "pids")
REMOVALS, PAUSE_S = 50, 0.01  # tries to remove a group whose processes are just ending


@dataclass(frozen=True, slots=True)
class Group:
    """One group, which has a folder for each controller (version 1), or one (version 2)."""

    folders: tuple[Path, ...]

    def enter(self) -> None:
        """Move the calling process into it, with all that it starts from now on.

        Raises
        ------
        OSError
            If the kernel refuses.
        """
        for folder in self.folders:
            (folder / "cgroup.procs").write_text("0")

    def was_out_of_memory(self) -> bool:
        """Whether the kernel has killed a process because the group used too much memory."""
        for folder in self.folders:
            for name in ("memory.events", "memory.oom_control"):
                with contextlib.suppress(OSError, ValueError):
                    counts = dict(line.split() for line in (folder / name).read_text().splitlines())
                    if int(counts.get("oom_kill", 0)):
                        return True
        return False

    def remove(self) -> None:
        """Remove it; its processes must have ended or be about to end."""
        for folder in self.folders:
            for _ in range(REMOVALS):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:  # a process is not quite gone
                    time.sleep(PAUSE_S)
                else:
                    break


def make(memory_bytes: int, processes: int) -> Group | None:
    """A new group with these limits, or None where this process can make none."""
    name = f"{PREFIX}{secrets.token_hex(8)}"
    group = Group(tuple(parent / name for parent in _parents()))
    if not group.folders:
        return None
    limits = {
        "memory.max": memory_bytes,  # version 2
        "memory.swap.max": 0,
        "memory.limit_in_bytes": memory_bytes,  # version 1
        "memory.memsw.limit_in_bytes": memory_bytes,
        "pids.max": processes,
    }
    try:
        for folder in group.folders:
            folder.mkdir()
            for file, value in limits.items():
                if (folder / file).exists():
                    (folder / file).write_text(str(value))
    except OSError:
        group.remove()
        return None
    return group


@cache
def _parents() -> tuple[Path, ...]:
    """The folders in which a group can be made: one for both controllers, one for each, or none."""
    paths = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            paths[controllers] = path
    for mounted, kind, _ in _mounts():
        if kind == "cgroup2" and "" in paths:
            found = _with_controllers(mounted, paths[""])
            if found is not None:
                return (found,)
    found_by = {}
    for mounted, kind, options in _mounts():
        for controller in CONTROLLERS:
            own = next((paths[names] for names in paths if controller in names.split(",")), None)
            if kind == "cgroup" and controller in options and own is not None:
                folder = mounted / own.lstrip("/")
                found_by[controller] = folder if folder.is_dir() else mounted
    # one folder for two controllers that are mounted together
    parents = tuple(dict.fromkeys(found_by[name] for name in CONTROLLERS if name in found_by))
    usable = len(found_by) == len(CONTROLLERS) and all(_can_make(parent) for parent in parents)
    return parents if usable else ()


def _mounts() -> Iterator[tuple[Path, str, list[str]]]:
    """Where control groups are mounted: (folder, file system, options)."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            kind, _, options = after.split(" ", 2)
            if kind in ("cgroup", "cgroup2"):
                yield Path(before.split(" ")[4]), kind, options.split(",")


def _with_controllers(mounted: Path, path: str) -> Path | None:
    """The nearest folder above this process whose groups have both controllers."""
    folder = mounted / path.lstrip("/")
    for candidate in (folder, *folder.parents):
        if not candidate.is_relative_to(mounted):
            break
        with contextlib.suppress(OSError):
            given = (candidate / "cgroup.subtree_control").read_text().split()
            if set(CONTROLLERS) <= set(given) and _can_make(candidate):
                return candidate
    return None


def _can_make(parent: Path) -> bool:
    """Whether a process can make a group there and move to it."""
    trial = Group((parent / f"{PREFIX}{secrets.token_hex(8)}",))
    try:
        trial.folders[0].mkdir()
    except OSError:
        return False
    try:
        pid = os.fork()
        if not pid:
            try:
                trial.enter()
                os._exit(0)
            finally:
                os._exit(1)
        return os.waitpid(pid, 0)[1] == 0
    finally:
        trial.remove()
