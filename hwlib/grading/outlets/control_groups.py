"""Control groups: limit a program and all that it starts, and tell how much memory they used.

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

__all__ = ["inside", "limited", "peak_mb"]

PERIOD_US = 100_000  # of the kernel's share of CPU time


def inside(groups: Iterable[Path]) -> list[str]:
    """What starts a program in these groups."""
    enter = "".join(f"echo $$ > {group}/cgroup.procs; " for group in groups)
    return ["sh", "-c", f'{enter}exec "$@"', "sh"]


@contextmanager
def limited(memory_mb: int, cores: float) -> Iterator[list[Path]]:
    """Control groups with these limits for memory and processor; none where they can't be made."""
    name = f"hwlib-{secrets.token_hex(4)}"
    top = Path("/sys/fs/cgroup")
    memory = f"{memory_mb}M"
    quota = str(int(cores * PERIOD_US))
    if (top / "cgroup.controllers").is_file():
        wanted = {top / name: {"memory.max": memory, "cpu.max": f"{quota} {PERIOD_US}"}}
    else:
        wanted = {
            top / "memory" / name: {"memory.limit_in_bytes": memory},
            top / "cpu" / name: {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": quota},
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


def _remove(group: Path) -> None:
    for _ in range(50):  # a process that was just killed still counts
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.1)


def peak_mb(groups: Iterable[Path]) -> float:
    """The most memory that the groups have used, in MB; 0 where nobody tells."""
    for group in groups:
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            with contextlib.suppress(OSError, ValueError):
                return int((group / name).read_text()) / 2**20
    return 0.0
