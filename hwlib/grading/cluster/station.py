"""A process that grades one submission after the other, on any machine of a cluster.

A Dask worker has threads, and a fork of a process with threads can hang. So judges are forks of
this process, which has none. It gets a `Job`, says `Ready`, and answers each submission with its
outcome. It ends when the other side of its socket does, even in the middle of a submission, or when
nothing has come for a while.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hwlib.errors import GradingError, HwlibError
from hwlib.grading.course import find_course
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.engines.pool import Pool
from hwlib.grading.engines.test_sets import fetch_test_sets
from hwlib.grading.results import Outcome, ProvedTests
from hwlib.grading.sandbox.processes import single_threaded
from hwlib.grading.submissions.files import FoundSubmission

__all__ = ["Job", "Ready", "Station"]

_PROGRAM = f"from {__name__} import main; main()"
END_S = 5.0  # to end by itself
IDLE_S = 600.0  # without a submission, after which a station ends: its client may be gone


@dataclass(frozen=True, slots=True)
class Job:
    """What a station needs to know of a run."""

    number: str  # of the run: no two have the same
    slug: str
    stem: str  # of an assignment with several notebooks: which of them
    seed: int
    course: dict[str, str]  # files of the course: name → hash of the content
    ahead: frozenset[str] = frozenset()  # modules that submissions import
    proved: ProvedTests | None = None
    leave_to_humans: bool = True
    sandbox: bool = True

    @property
    def wanted(self) -> set[str]:
        """The hashes of the course's files."""
        return set(self.course.values())


@dataclass(frozen=True, slots=True)
class Ready:
    """A station can grade.

    Attributes
    ----------
    tier : {"T3", "T2", "T1", "T0"}
    failing : dict
        Questions that the course's own solution does not pass there, with what happened.
    """

    tier: str
    failing: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Failed:
    """A station can't go on, and says why."""

    reason: str


class Station:
    """The process, from the side that gives it submissions.

    Parameters
    ----------
    job : Job
    course : Path
        The folder with the course's files.
    hidden : tuple of Path
        Folders that student code must not see.

    Raises
    ------
    GradingError
        If it can't grade on this machine.
    """

    def __init__(self, job: Job, course: Path, hidden: tuple[Path, ...]) -> None:
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, **single_threaded()},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            self._connection.send((job, course, hidden))
            self.ready: Ready = self._answer()
        except BaseException:
            self.close()
            raise

    def grade(self, found: FoundSubmission) -> Outcome:
        """Grade one submission.

        Raises
        ------
        GradingError
            If the station has ended.
        """
        try:
            self._connection.send(found)
        except OSError as error:
            raise GradingError("a station has ended") from error
        outcome: Outcome = self._answer()
        return outcome

    def _answer(self) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise GradingError("a station has ended") from error
        if isinstance(answer, _Failed):
            raise GradingError(answer.reason)
        return answer

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process; whoever waits for its answer gets a GradingError."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def close(self) -> None:
        """End it with everything that it has started."""
        self._connection.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:  # it is grading something that nobody waits for
            self.kill()  # its judges, zygote and workers end with it
            self._process.wait()


# ---- in the process ------------------------------------------------------------------------------


def main() -> None:
    """Serve the socket that the command line names."""
    connection = Connection(int(sys.argv[1]))
    logging.basicConfig(level=logging.WARNING)
    try:
        _end_with_the_other_side(connection)
        job, course, hidden = connection.recv()
        _serve(connection, job, course, hidden)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the other side is gone
    except HwlibError as error:
        with contextlib.suppress(OSError):
            connection.send(_Failed(str(error)))


def _end_with_the_other_side(connection: Connection) -> None:
    """End this process once nobody waits for its answers: an endless loop would go on for minutes.

    The kernel tells of it with a signal, because a thread that waits for it could not be forked.
    """
    gone = select.poll()
    gone.register(connection, 0)  # tells of a hang-up alone

    def end(*_: object) -> None:
        if gone.poll(0):
            raise SystemExit  # what is open is closed: judges, zygote and workers end with it

    signal.signal(signal.SIGIO, end)  # also for what arrives
    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(connection, fcntl.F_GETFL)
    fcntl.fcntl(connection, fcntl.F_SETFL, flags | os.O_ASYNC)
    end()


def _serve(connection: Connection, job: Job, course: Path, hidden: tuple[Path, ...]) -> None:
    each = find_course(course).assignment(job.slug).each_notebook()
    assignment = next(one for one in each if one.stem == job.stem)
    fetch_test_sets(assignment)
    with IsolatedEngine(assignment, job.seed, hidden, sandbox=job.sandbox) as engine:
        engine.learn_imports(job.ahead)
        check = engine.check_reference(leave_to_humans=job.leave_to_humans)
        if job.proved is not None:
            mine = engine.bench.tests.keys()
            engine.bench.change_arguments(job.proved.in_place & mine, True)
            engine.bench.confirm(job.proved.confirmed & mine)
        connection.send(Ready(engine.tier, check.failing))
        with Pool(engine, 1) as pool:
            for _, outcome in pool.run(_arriving(connection)):
                connection.send(outcome)


def _arriving(connection: Connection) -> Iterator[FoundSubmission]:
    """Submissions, until the other side is gone or silent."""
    while connection.poll(IDLE_S):
        try:
            yield connection.recv()
        except EOFError:
            return
