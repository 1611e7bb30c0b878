"""What the processes of a worker use together."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from hwlib.grading.sandbox.measures.kernel import files_as

__all__ = [
    "descendants",
    "exact_seconds",
    "folder_use",
    "memory_of",
    "times_alone",
    "times_of",
    "times_with_children",
]

CPUCLOCK_SCHED = 2  # which clock of a process Linux means, in the number that it gives the clock
SECONDS_OF_A_PAGE = 2e-5  # more than it takes to touch a page for the first time
MAX_COUNTED = 1000  # processes of one worker
# bytes of a folder's path, to which the name of a file comes; the kernel takes 4096
MAX_PATH = 3800


def times_of(pid: int) -> tuple[float, float]:
    """Seconds of CPU time that a process and its ended children have used, and seconds that it was
    ready to run but waited for a free core; (0, 0) where the system does not tell.
    """
    cpu_s = queued_s = 0.0
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        cpu_s = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    with contextlib.suppress(OSError, ValueError, IndexError):
        queued_s = int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    return cpu_s, queued_s


def times_alone(pid: int) -> tuple[float, float]:
    """The same of a process of one thread, without its children; (0, 0) where the system does not
    tell.
    """
    with contextlib.suppress(OSError, ValueError):
        cpu_ns, queued_ns, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
        return int(cpu_ns) / 1e9, int(queued_ns) / 1e9
    return 0.0, 0.0


def exact_seconds(pid: int) -> float:
    """Seconds of CPU time of a process, of all its threads, and of what it has started, to a
    microsecond where the system tells. Of children that have ended the system tells hundredths of
    seconds only, and how many pages they have touched: that is counted as time, too, so that no
    work can hide in them.
    """
    own_s = _of_all_threads(pid) or times_of(pid)[0]
    ended_s = 0.0
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ended_s = sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
        ended_s += int(fields[8]) * SECONDS_OF_A_PAGE
    return own_s + ended_s + sum(_of_all_threads(child) for child in descendants(pid))


def _of_all_threads(pid: int) -> float:
    """Seconds of CPU time of the threads of a process, also of those that have ended; 0 where the
    system does not tell.
    """
    try:
        return time.clock_gettime(~pid << 3 | CPUCLOCK_SCHED)
    except (OSError, AttributeError):
        return 0.0


def times_with_children(pid: int) -> tuple[float, float]:
    """Seconds of CPU time that a process and all that it started have used, and seconds that it was
    ready to run but other programs had the cores.
    """
    cpu_s, queued_s = times_of(pid)
    others_s = sum(times_of(child)[0] for child in descendants(pid))
    return cpu_s + others_s, max(0.0, queued_s - others_s)


def descendants(pid: int) -> list[int]:
    """The processes that a process and its children have started, as far as they can be told."""
    found, todo = list[int](), [pid]
    while todo and len(found) < MAX_COUNTED:
        parent = todo.pop()
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{parent}/task"):  # noqa: PTH208  it is quicker
                children = Path(f"/proc/{parent}/task/{thread}/children").read_text().split()
                found += map(int, children)
                todo += map(int, children)
    return found


def memory_of(pids: list[int], uid: int) -> int:
    """Bytes that these processes of a user use together; what several share counts once."""
    total = 0
    with files_as(uid):
        for pid in pids:
            with contextlib.suppress(OSError, ValueError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
    return total


def folder_use(folder: str, most_files: int, uid: int | None = None) -> tuple[int, int]:
    """(bytes, files) below a folder; the count ends soon after `most_files`. With `uid`, only what
    belongs to this user.

    Folders that are nested so deeply that their path has no room in a call count as too many files:
    what lies in them can't be seen.
    """
    size = files = 0
    todo = [folder]
    while todo and files <= most_files:
        place = todo.pop()
        if len(os.fsencode(place)) > MAX_PATH:
            return size, most_files + 1
        with contextlib.suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if uid is not None and status.st_uid != uid:
                        continue
                    size += status.st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                files += 1
                if files > most_files:
                    break
    return size, files
