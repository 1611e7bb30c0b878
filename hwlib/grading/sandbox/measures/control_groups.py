"""Control groups: the kernel limits what a process and all that it starts use together.

https://docs.kernel.org/admin-guide/cgroup-v2.html, and cgroup-v1/memory.html for version 1. Only
root can make them, and in most containers nobody.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Group", "inside", "limited", "peak_mb", "remove_empty"]

PERIOD_US = 100_000  # of the kernel's share of CPU time
TOP = Path("/sys/fs/cgroup")
OF_WORKERS = "hwlib-worker-"  # how the names of their groups begin
TRIES, PAUSE_S = 50, 0.1  # to remove a group: a process that was just killed still counts


class Group:
    """A control group for one worker, with a limit for memory.

    Attributes
    ----------
    folder : Path or None
        None where no group can be made.
    """

    def __init__(self, pid: int, memory_mb: int) -> None:
        self._has_version_2 = _has_version_2()
        self.folder: Path | None = _place() / f"{OF_WORKERS}{secrets.token_hex(8)}"
        limit = "memory.max" if self._has_version_2 else "memory.limit_in_bytes"
        try:
            self.folder.mkdir()
            (self.folder / limit).write_text(f"{memory_mb}M")
            (self.folder / "cgroup.procs").write_text(str(pid))
        except OSError:
            self.remove()

    def has_killed(self) -> bool:
        """Whether the kernel has killed a process because the group used too much memory."""
        if self.folder is None:
            return False
        name = "memory.events" if self._has_version_2 else "memory.oom_control"
        with contextlib.suppress(OSError, ValueError):
            told = dict(line.split() for line in (self.folder / name).read_text().splitlines())
            return int(told.get("oom_kill", "0")) > 0
        return False

    def remove(self) -> None:
        """Remove the group, when its processes have ended."""
        if self.folder is not None:
            _remove(self.folder)
            self.folder = None


def remove_empty() -> None:
    """Remove groups of workers whose supervisors were killed, too."""
    for group in _place().glob(f"{OF_WORKERS}*"):
        with contextlib.suppress(OSError):  # another grader's, with a worker in it
            group.rmdir()


def inside(groups: Iterable[Path]) -> list[str]:
    """What starts a program in these groups."""
    enter = "".join(f"echo $$ > {group}/cgroup.procs; " for group in groups)
    return ["sh", "-c", f'{enter}exec "$@"', "sh"]


@contextmanager
def limited(memory_mb: int, cores: float) -> Iterator[list[Path]]:
    """Control groups with these limits for memory and processor; none where they can't be made."""
    name, memory = f"hwlib-{secrets.token_hex(4)}", f"{memory_mb}M"
    quota = str(int(cores * PERIOD_US))
    if _has_version_2():
        wanted = {TOP / name: {"memory.max": memory, "cpu.max": f"{quota} {PERIOD_US}"}}
    else:
        wanted = {
            TOP / "memory" / name: {"memory.limit_in_bytes": memory},
            TOP / "cpu" / name: {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": quota},
        }
    made: list[Path] = []
    try:
        try:
            for group, values in wanted.items():
                group.mkdir()
                made.append(group)
                for key, value in values.items():
                    (group / key).write_text(value)
        except OSError:
            yield []
        else:
            yield made
    finally:
        for group in made:
            _remove(group)


def peak_mb(groups: Iterable[Path]) -> float:
    """The most memory that the groups have used, in MB; 0 where nobody tells."""
    for group in groups:
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            with contextlib.suppress(OSError, ValueError):
                return int((group / name).read_text()) / 2**20
    return 0.0


def _has_version_2() -> bool:
    return (TOP / "cgroup.controllers").is_file()


def _place() -> Path:
    return TOP if _has_version_2() else TOP / "memory"


def _remove(group: Path) -> None:
    for _ in range(TRIES):
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(PAUSE_S)
        else:
            return
