"""Grades a class on the workers of a Dask scheduler; results come back to this one process.

A worker is used only if it grades as this machine does (`alike`). Each submission is sent to one
worker. If that worker goes away, it is sent to another one. Its outcome is given back once.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from hwlib.errors import CourseError, GradingError, MissingExtra, SubmissionError
from hwlib.extras import how_to_install
from hwlib.grading.cells import one_line
from hwlib.grading.cluster.alike import Machine, describe, differences, is_weaker
from hwlib.grading.cluster.parcels import pack_course, pack_submission
from hwlib.grading.cluster.station import Job, Ready
from hwlib.grading.cluster.workshop import Lacking, close_workshop, grade_there, open_workshop
from hwlib.grading.course import Assignment
from hwlib.grading.engines.isolated import IsolatedEngine, ReferenceCheck, imported_ahead
from hwlib.grading.engines.pool import Done, given_up
from hwlib.grading.engines.test_sets import fetch_test_sets
from hwlib.grading.results import Outcome, ProvedTests
from hwlib.grading.submissions.files import FoundSubmission

__all__ = ["grade_on_cluster"]

_log = logging.getLogger("hwlib.grading")

# On the wall clock, because other machines' work can't be counted from here. They decide nothing
# for good: the run ends or tries again, keeps what it has, and can be started again.
CONNECT_S = 15.0  # to reach the scheduler
LOOK_S = 0.5  # between two looks at which workers there are
WAIT_S = 60.0  # for a worker, where there is none
REFUSED_S = 10.0  # for another one, where none that is there can be used
MAX_LOST = 5  # workers that may go away while they have a submission
SHORT_S = 0.5  # a submission that takes less is on its way while the one before is graded


@dataclass(slots=True)
class _Task:
    """A submission that waits or is being graded."""

    found: FoundSubmission
    lost: int = 0  # workers that have gone away while they had it
    failed: int = 0  # tries that ended with an error of the grader's
    alone: bool = False  # no other submission is graded on the same machine


@dataclass(slots=True)
class _Worker:
    """A worker that grades for us."""

    address: str
    threads: int
    known: set[str] = field(default_factory=set)  # hashes of what it has
    busy: dict[Any, _Task] = field(default_factory=dict)  # future → what it grades
    seconds: float = SHORT_S  # of a submission, of late

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or self.address


def grade_on_cluster(
    assignment: Assignment,
    submissions: Sequence[FoundSubmission],
    *,
    scheduler: str,
    seed: int,
    hidden: tuple[Path, ...] = (),
    on_reference: Callable[[ReferenceCheck], None] = lambda check: None,
    proved: ProvedTests | None = None,
    sandbox: bool = True,
    on_refused: Callable[[str], None] = lambda line: None,
) -> Iterator[Done]:
    """Grade submissions on the workers of a Dask scheduler; yields each as soon as it is graded.

    The parameters that are not explained here are those of `grade_many`. It writes no records.

    Parameters
    ----------
    scheduler : str
        Its address, such as ``tcp://host:8786``.
    on_refused : callable
        Called with a line for each worker that is not used, and why.

    Raises
    ------
    CourseError
        If there is no such scheduler.
    MissingExtra
        If Dask is not installed.
    GradingError
        If it has no worker that can be used.
    """
    if not submissions:
        return
    connect = _client_class()
    _require_answer(scheduler)
    fetch_test_sets(assignment)
    with IsolatedEngine(assignment, seed, hidden, sandbox=sandbox) as engine:
        ahead = imported_ahead(submissions)
        engine.learn_imports(ahead)
        failing: dict[str, str] = {}
        if proved is None:  # before the client has threads: this forks
            check = engine.check_reference()
            on_reference(check)
            failing, proved = check.failing, check.proved
        course = pack_course(assignment)
        job = Job(
            secrets.token_hex(16),
            assignment.slug,
            assignment.stem,
            seed,
            course.names,
            frozenset(ahead),
            proved,
            sandbox=sandbox,
        )
        with connect(scheduler) as client:
            run = _Run(engine, client, job, course.contents, failing, on_refused)
            try:
                yield from run.grade(submissions)
            finally:
                run.close()


def _client_class() -> Callable[[str], Any]:
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise MissingExtra(
            f"--scheduler needs Dask, which is not installed; run: {how_to_install('dask')}"
        ) from error

    def connect(address: str) -> Any:
        # models that are handed in are larger than what Dask expects in a task
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
        for name in ("distributed", "asyncio"):  # what they say of a worker that is gone
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            return Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise _no_answer(address, error) from error

    return connect


def _require_answer(address: str) -> None:
    """Try the address at once: the client would try again and again."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    try:
        if parts.hostname is None or parts.port is None:
            raise ValueError("it has no host or no port")
        socket.create_connection((parts.hostname, parts.port), timeout=CONNECT_S).close()
    except (OSError, ValueError) as error:
        raise _no_answer(address, error) from error


def _no_answer(address: str, error: Exception) -> CourseError:
    return CourseError(
        f"--scheduler {address}: no Dask scheduler answers there "
        f"({one_line(str(error), 200)}); start one with `dask scheduler`, and give the address "
        "that it prints, such as tcp://host:8786"
    )


class _Run:
    """One class on one cluster, as its client sees it.

    Parameters
    ----------
    engine : IsolatedEngine
        Of this machine: what it says about the tests and what tier it has is what workers must
        have, too.
    client : distributed.Client
    job : Job
    contents : mapping
        The contents of the course's files, by hash.
    failing : dict
        Questions that the course's own solution does not pass here.
    on_refused : callable
    """

    def __init__(
        self,
        engine: IsolatedEngine,
        client: Any,
        job: Job,
        contents: Mapping[str, bytes],
        failing: dict[str, str],
        on_refused: Callable[[str], None],
    ) -> None:
        self.engine, self.client, self.job = engine, client, job
        self._contents, self._failing, self._on_refused = contents, failing, on_refused
        self._ours = describe(engine.assignment.data)
        self._workers: dict[str, _Worker] = {}
        self._opening: dict[str, Any] = {}  # address → future
        self._refused: dict[str, str] = {}  # address → why
        self._threads: dict[str, int] = {}  # address → of all workers that there are
        self._waiting: deque[_Task] = deque()
        self._again: deque[_Task] = deque()  # hit a limit beside others
        self._done: SimpleQueue[Any] = SimpleQueue()  # futures
        self._looked = self._since = 0.0

    def grade(self, submissions: Iterable[FoundSubmission]) -> Iterator[Done]:
        """Each submission with its outcome, once, in the order in which they are done."""
        for found in submissions:
            if found.notebook is None:  # no code of it is run, so this machine can say it
                yield found, self.engine.grade(found)
            else:
                self._waiting.append(_Task(found))
        self._since = time.monotonic()
        yield from self._work()
        while self._again:  # each of these has a machine for itself
            self._waiting.append(replace(self._again.popleft(), alone=True))
        yield from self._work()

    def close(self) -> None:
        """End what was started on the workers."""
        self._close_at([*self._workers, *self._opening])

    def _close_at(self, addresses: list[str]) -> None:
        if addresses:
            with contextlib.suppress(Exception):  # those that are gone
                self.client.run(
                    close_workshop, self.job.number, workers=addresses, on_error="ignore"
                )

    def _work(self) -> Iterator[Done]:
        while self._waiting or any(worker.busy for worker in self._workers.values()):
            yield from self._look()
            yield from self._send()
            with contextlib.suppress(Empty):
                future = self._done.get(timeout=LOOK_S)
                while True:
                    yield from self._collect(future)
                    future = self._done.get_nowait()

    # ---- workers ---------------------------------------------------------------------------------

    def _look(self) -> Iterator[Done]:
        """See which workers have come and gone."""
        if time.monotonic() - self._looked < LOOK_S:
            return
        self._looked = time.monotonic()
        try:
            self._threads = self.client.nthreads()
        except OSError as error:
            raise GradingError(
                "the Dask scheduler is gone; start it and run the same command again: finished "
                "work is kept"
            ) from error
        for address in [one for one in self._workers if one not in self._threads]:
            for task in self._workers.pop(address).busy.values():
                yield from self._sent_back(replace(task, lost=task.lost + 1))
        for address in [one for one in self._opening if one not in self._threads]:
            self._opening.pop(address)
        for address in self._threads:
            if address not in {*self._workers, *self._opening, *self._refused}:
                self._try(address)
        self._complain_if_nobody()

    def _complain_if_nobody(self) -> None:
        if self._workers or self._opening:
            self._since = time.monotonic()
            return
        waited_s = time.monotonic() - self._since
        if waited_s > REFUSED_S and self._refused.keys() & self._threads.keys():
            reasons = "; ".join(dict.fromkeys(self._refused.values()))
            raise GradingError(f"no worker of this Dask scheduler can grade here: {reasons}")
        if waited_s > WAIT_S:
            raise GradingError(
                f"the Dask scheduler has had no worker for {WAIT_S:.0f} s; start some with `dask "
                "worker ADDRESS --nthreads 1` and run the same command again: finished work is kept"
            )

    def _try(self, address: str) -> None:
        """Begin with a worker, unless it would not grade as this machine does."""
        try:
            found = self.client.run(
                describe, self.engine.assignment.data, workers=[address], on_error="return"
            )[address]
        except Exception as error:  # noqa: BLE001  whatever its Python raises
            found = error
        if not isinstance(found, Machine):
            self._refuse(
                address,
                f"it has no hwlib {self._ours.hwlib} ({one_line(repr(found), 200)}); install "
                "the same there",
            )
            return
        if reasons := differences(self._ours, found):
            self._refuse(address, "; ".join(reasons))
            return
        self._opening[address] = self._submit(address, open_workshop, self.job, self._contents)

    def _refuse(self, address: str, why: str) -> None:
        self._refused[address] = line = f"the Dask worker {address} is not used: {why}"
        self._on_refused(line)

    def _opened(self, address: str, future: Any) -> None:
        try:
            ready = future.result(timeout=CONNECT_S)
        except Exception as error:  # noqa: BLE001  of the grader there, or of Dask
            if address in self._threads:
                self._refuse(address, one_line(str(error), 600))
            return
        if why := self._unlike(ready):
            self._refuse(address, why)
            self._close_at([address])
        else:
            known = set(self._contents)
            self._workers[address] = _Worker(address, self._threads.get(address, 1), known)

    def _unlike(self, ready: Ready | Lacking) -> str:
        """Why a worker would grade otherwise than this machine; "" if it would not."""
        if isinstance(ready, Lacking):
            return "it does not keep the files that it gets; start it again"
        if is_weaker(ready.tier, self.engine.tier):
            return (
                f"it confines student code at {ready.tier}, and this machine at "
                f"{self.engine.tier}; `hw doctor` there says what is missing"
            )
        if ready.failing.keys() != self._failing.keys():
            return _other_verdicts(ready.failing, self._failing)
        return ""

    # ---- submissions -----------------------------------------------------------------------------

    def _submit(self, address: str, function: Callable[..., Any], *arguments: object) -> Any:
        future = self.client.submit(
            function, *arguments, workers=[address], pure=False, allow_other_workers=False
        )
        future.add_done_callback(self._done.put)
        return future

    def _send(self) -> Iterator[Done]:
        """Give each worker what it can do."""
        hosts = Counter(worker.host for worker in self._workers.values() if worker.busy)
        for worker in list(self._workers.values()):
            depth = worker.threads if worker.seconds > SHORT_S else 2 * worker.threads
            while self._waiting and len(worker.busy) < depth:
                if self._waiting[0].alone and hosts[worker.host]:
                    break
                yield from self._send_one(worker, self._waiting.popleft())
                hosts[worker.host] += 1

    def _send_one(self, worker: _Worker, task: _Task) -> Iterator[Done]:
        try:
            parcel, contents = pack_submission(task.found)
        except (SubmissionError, OSError):  # no code of it is run, so this machine can say it
            yield task.found, self.engine.grade(task.found)
            return
        fresh = {name: text for name, text in contents.items() if name not in worker.known}
        future = self._submit(worker.address, grade_there, self.job, parcel, fresh)
        worker.busy[future] = task
        worker.known |= fresh.keys()

    def _collect(self, future: Any) -> Iterator[Done]:
        """What has become of a future; nothing if we have given it up."""
        for address, opening in list(self._opening.items()):
            if opening is future:
                del self._opening[address]
                self._opened(address, future)
                return
        for worker in self._workers.values():
            task = worker.busy.pop(future, None)
            if task is not None:
                yield from self._graded(worker, task, future)
                return

    def _graded(self, worker: _Worker, task: _Task, future: Any) -> Iterator[Done]:
        try:
            outcome = future.result(timeout=CONNECT_S)
        except GradingError as error:
            _log.warning("%s: %s", worker.address, error)
            yield from self._sent_back(replace(task, failed=task.failed + 1))
            return
        # whatever Dask raises for a worker that is gone
        except Exception as error:  # noqa: BLE001
            _log.info("%s: %r", worker.address, error)
            yield from self._sent_back(replace(task, lost=task.lost + 1))
            return
        if isinstance(outcome, Lacking):
            worker.known.clear()
            self._waiting.appendleft(task)
            if set(outcome.hashes) & self.job.wanted:  # it has lost the course, too
                del self._workers[worker.address]
                for other in worker.busy.values():
                    self._waiting.appendleft(other)
            return
        worker.seconds = 0.8 * worker.seconds + 0.2 * outcome.result.seconds
        if outcome.impeded and not task.alone:
            self._again.append(task)
        else:
            yield task.found, outcome

    def _sent_back(self, task: _Task) -> Iterator[Done]:
        if task.lost < MAX_LOST and task.failed < 2:
            self._waiting.appendleft(task)
            return
        yield (
            task.found,
            self._given_up(
                task.found,
                f"{task.lost + task.failed} times the grader on another machine ended while it "
                "graded this submission; grade it again or look at it by hand",
            ),
        )

    def _given_up(self, found: FoundSubmission, reason: str) -> Outcome:
        return given_up(self.engine, found, reason)


def _other_verdicts(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    names = sorted(there.keys() ^ here.keys())
    reason = next((there[name] for name in names if name in there), "it passes there")
    return (
        f"the course's own solution gets other verdicts there than here ({', '.join(names)}: "
        f"{one_line(reason, 300)}); make the machines alike, or take it out of the cluster"
    )
