"""How long student code has worked, whatever else the machine was doing.

What counts is the CPU time of the worker and all that it started, and a third of the time in
which the worker waited for something other than a free core: a sleep, a lock, a disk. The time in
which other programs had the cores does not count, nor does the time in which the grader worked. So
a grade is the same on a busy machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hwlib.grading.sandbox.usage import times_with_children

__all__ = ["Limits", "WorkClock", "started_clock"]

IDLE = 3.0  # seconds of waiting for other things than a core that count as one second of work
WALL = 30.0  # times the limit on the wall clock, where the system does not tell how long it waited


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of work that one question and one submission may take."""

    question_s: float
    submission_s: float


class WorkClock:
    """Counts a process's time while `running`; called, it says whether the limit has passed.

    Parameters
    ----------
    times : function
        Gives seconds of CPU time that the process and all that it started have used, and seconds
        that it was ready to run but other programs had the cores.
    limit_s : float
    """

    def __init__(self, times: Callable[[], tuple[float, float]], limit_s: float) -> None:
        self._times, self._limit_s = times, limit_s
        self._cpu_s, self._queued_s = times()
        self._wall_s = 0.0
        self._since: float | None = None

    def start(self) -> None:
        """From here on the worker works for us."""
        self._since = time.monotonic()

    def stop(self) -> None:
        """The worker has answered."""
        self._wall_s, self._since = self._elapsed(), None

    def __call__(self) -> bool:
        """Whether the time is up; cheap until the wall clock says that it may be."""
        wall_s = self._elapsed()
        if wall_s < self._limit_s:
            return False
        return self._worked(wall_s) >= self._limit_s or wall_s > WALL * self._limit_s

    @property
    def was_impeded(self) -> bool:
        """Whether the worker had so little of a core that caches and clocks may have slowed it."""
        cpu_s, queued_s = self._used()
        return queued_s > 0.5 * cpu_s

    @property
    def spent_s(self) -> float:
        """What counts of the time until now."""
        wall_s = self._elapsed()
        return wall_s if wall_s < 0.05 * self._limit_s else self._worked(wall_s)

    def _worked(self, wall_s: float) -> float:
        cpu_s, queued_s = self._used()
        return cpu_s + max(0.0, wall_s - cpu_s - queued_s) / IDLE

    def _used(self) -> tuple[float, float]:
        cpu_s, queued_s = self._times()
        return max(0.0, cpu_s - self._cpu_s), max(0.0, queued_s - self._queued_s)

    def _elapsed(self) -> float:
        running = 0.0 if self._since is None else time.monotonic() - self._since
        return self._wall_s + running


def started_clock(
    pid: int,
    limit_s: float,
    times_of: Callable[[int], tuple[float, float]] = times_with_children,
) -> WorkClock:
    """A running clock for a process; with `usage.times_of`, what it has started does not count."""
    clock = WorkClock(partial(times_of, pid), limit_s)
    clock.start()
    return clock
