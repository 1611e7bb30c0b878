"""How much of the machine a worker may use.

The kernel limits each process. What all processes of a worker use together is looked at now and
then by its supervisor (`usage`).
"""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path

from hwlib.grading.sandbox.measures.kernel import call

__all__ = ["MB", "apply", "keep_freed_memory", "limit_memory", "limit_program"]

MB = 2**20
LIBRARIES_MB = 4096  # addresses that PyTorch, BLAS and threads reserve, mostly without using them
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt in the GNU C library
OPEN_FILES = 256


def apply(*, cpu_s: int, memory_mb: int, processes: int, file_mb: int) -> None:
    """Set the limits of this process and its children.

    Parameters
    ----------
    cpu_s : int
        Seconds of CPU time.
    memory_mb : int
        On top of what the process has already.
    processes : int
        Processes and threads, of the user or, where that is everybody's, on top of the present
        ones.
    file_mb : int
        Size of one file.
    """
    limit_memory(memory_mb)
    wanted = {
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_FSIZE: file_mb * MB,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NPROC: processes + (0 if os.getuid() == 0 else _threads_of_user()),
    }
    for limit, value in wanted.items():
        with contextlib.suppress(ValueError, OSError):  # a lower limit is in force
            resource.setrlimit(limit, (value, value))


def limit_memory(more_mb: int) -> None:
    """Let this process take so much memory on top of what it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + more_mb * MB
    with contextlib.suppress(ValueError, OSError):  # a lower limit is in force
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def limit_program(memory_mb: int) -> None:
    """Let a program that is about to start take so much memory, and what libraries reserve when
    they are imported. Each process that it starts has this limit, too, and none can raise it.
    """
    limit = (memory_mb + LIBRARIES_MB) * MB
    with contextlib.suppress(ValueError, OSError):  # a lower limit is in force
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def keep_freed_memory() -> None:
    """Keep up to 256 MB of freed memory for the next array, in this process and its forks.

    The GNU C library gives blocks of some megabytes back at once, and the kernel then fills new
    pages with zeros for each array: this took most of the time of passing a large one.
    """
    with contextlib.suppress(AttributeError):  # another C library
        call("mallopt", M_MMAP_THRESHOLD, 32 * MB)  # the largest value that it takes
        call("mallopt", M_TRIM_THRESHOLD, 256 * MB)


def _threads_of_user() -> int:
    """How many threads this user runs now: the kernel counts those, too."""
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                if entry.stat().st_uid == os.getuid():
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    count += int(fields[17])
    return count
