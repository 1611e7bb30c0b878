"""What all processes of a worker use together is limited by the kernel, where it lets us."""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_tiers import USES_UP, run_in_workers

from hwlib.grading.sandbox.measures import cgroups
from hwlib.grading.sandbox.measures.limits import MB

MANY = "memory in many processes"

pytestmark = pytest.mark.skipif(
    cgroups.version() == 0,
    reason="control groups are made by root, outside a container; run `sudo make test`",
)


@pytest.fixture
def group() -> Iterator[cgroups.Group]:
    made = cgroups.make(200 * MB, 20)
    assert made is not None
    yield made
    made.remove()


def run_in(group: cgroups.Group, code: Callable[[], None]) -> int:
    """Run code in a fork that is in the group; gives how it ended."""
    pid = os.fork()
    if not pid:
        try:
            os.setsid()
            group.enter()
            code()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    for folder in group.folders:
        for left in (folder / "cgroup.procs").read_text().split():
            os.kill(int(left), signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


def take(size: int) -> mmap.mmap:
    """Memory that is used, not only asked for."""
    memory = mmap.mmap(-1, size)
    for place in range(0, size, mmap.PAGESIZE):
        memory[place] = 1
    return memory


def peak_of(group: cgroups.Group) -> int:
    """The most memory that the group has used, in bytes."""
    names = ("memory.peak", "memory.max_usage_in_bytes")
    files = [folder / name for folder in group.folders for name in names]
    return int(next(file for file in files if file.exists()).read_text())


def test_processes_together_get_no_more_memory(group: cgroups.Group) -> None:
    def flood() -> None:
        for _ in range(8):
            if not os.fork():
                kept = take(100 * MB)
                time.sleep(60)
                del kept
        time.sleep(1)

    run_in(group, flood)
    assert group.was_out_of_memory()
    assert peak_of(group) <= 200 * MB


def test_processes_together_are_so_many() -> None:
    group = cgroups.make(16_000 * MB, 20)  # the forks are as large as this process
    assert group is not None

    def fork_often() -> None:
        count = 1
        try:
            for _ in range(100):
                if not os.fork():
                    time.sleep(60)
                count += 1
        except BlockingIOError:
            os._exit(count)

    try:
        assert run_in(group, fork_often) == 20
        assert not group.was_out_of_memory()
    finally:
        group.remove()


def test_what_stays_below_the_limits_is_not_touched(group: cgroups.Group) -> None:
    def work() -> None:
        take(50 * MB)

    assert run_in(group, work) == 0
    assert not group.was_out_of_memory()


def test_a_group_without_processes_is_removed_and_one_with_processes_stays() -> None:
    empty, full = cgroups.make(MB, 5), cgroups.make(100 * MB, 5)
    assert empty is not None and full is not None
    pid = os.fork()
    if not pid:
        full.enter()
        time.sleep(60)
        os._exit(0)
    try:
        while str(pid) not in (full.folders[0] / "cgroup.procs").read_text().split():
            time.sleep(0.01)
        cgroups.remove_left()
        assert not any(folder.exists() for folder in empty.folders)
        assert (full.folders[0] / "cgroup.procs").exists()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        full.remove()
    assert not any(folder.exists() for folder in full.folders)


@pytest.mark.parametrize("tier", ["T3", "T2"])
def test_a_flood_by_many_processes_ends_with_words_and_leaves_no_group(
    tier: str,
) -> None:
    with tempfile.TemporaryDirectory(prefix="hw-cgroups-") as name:
        Path(name).chmod(0o777)
        found = run_in_workers("root", tier, Path(name), {"flood": USES_UP[MANY][0]})
    assert USES_UP[MANY][1] in found["flood"]["ended"]
    stale = without_processes()
    time.sleep(0.5)  # one that another grader has just made gets its process
    assert not stale & without_processes()


def without_processes() -> set[Path]:
    """The folders of groups in which no process runs."""
    found = set[Path]()
    for parent in cgroups._parents():
        for folder in parent.glob(f"{cgroups.PREFIX}*"):
            with contextlib.suppress(OSError):
                if not (folder / "cgroup.procs").read_text():
                    found.add(folder)
    return found
