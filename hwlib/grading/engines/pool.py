"""The judges of a grading run: one a core, each with one worker at a time.

    this process ── pipe ── judge ── socket ── worker    judge: a fork of us, has the tests
                         └─ judge ── socket ── worker    worker: the zygote's, has the code

What a test has changed in the values of setup cells, or a student's code through the test, is not
there for the next submission: a judge sets it back. Where the course's own solution has shown that
a test changes what can't be set back, each submission has a judge of its own. If a judge dies,
another one grades its submission again. When the zygote dies, it is replaced, and all judges with
it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait

from hwlib.errors import ZygoteGone
from hwlib.grading.course import Assignment
from hwlib.grading.engines.apart import compute_alone
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.results import Outcome, SubmissionResult
from hwlib.grading.sandbox import processes
from hwlib.grading.sandbox.confine import die_with_parent
from hwlib.grading.sandbox.measures.limits import limit_memory
from hwlib.grading.sandbox.usage import times_of
from hwlib.grading.submissions.files import FoundSubmission

__all__ = ["Done", "Pool", "default_jobs", "given_up"]

MAX_TRIES = 3  # of one submission whose judge died each time
# CPU seconds beyond the limit of a submission's three tries, after which a judge counts as dead: a
# test of the course's own may hang, too
PATIENCE_S = 60.0
# times that on the wall clock: a judge also waits for its workers, whose own clocks stop after as
# much (`sandbox.clock.WALL`), so only one that has hung by itself waits for so long
ASLEEP = 30.0
JUDGE_MB = 4096  # of memory that a judge may take on top of what it starts with

Done = tuple[FoundSubmission, Outcome]


def default_jobs(assignment: Assignment) -> int:
    """As many workers as there are cores, if the memory allows each its limit."""
    cores = len(processes.own_cores())
    with contextlib.suppress(ValueError, OSError, AttributeError):
        memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        return max(1, min(cores, memory_mb // assignment.limits.memory_mb))
    return cores


@dataclass(frozen=True, slots=True)
class _Task:
    """A submission that is being graded or waits for it."""

    found: FoundSubmission
    tries: int = 1  # judges it was given to
    alone: bool = False  # no other submission is graded beside it


@dataclass(frozen=True, slots=True)
class _ZygoteIsGone:
    """What a judge sends in place of an outcome when it needs a new zygote."""


@dataclass(frozen=True, slots=True)
class _Judge:
    """A judge as this process sees it."""

    pid: int
    pipe: Connection
    task: _Task
    since: float  # when it began
    cpu_s: float = 0.0  # that it had used by then

    def hangs(self, patience_s: float) -> bool:
        """Whether its task has taken more time than any task may."""
        wall_s = time.monotonic() - self.since
        if wall_s < patience_s:
            return False
        cpu_s, _ = times_of(self.pid)
        return cpu_s - self.cpu_s > patience_s or wall_s > ASLEEP * patience_s


class Pool:
    """The judges of one run; a context manager that ends them.

    Parameters
    ----------
    engine : IsolatedEngine
        Its zygote makes the workers; each judge is a fork that holds its tests.
    jobs : int
        How many judges at the same time.
    """

    def __init__(self, engine: IsolatedEngine, jobs: int) -> None:
        self.engine, self.jobs = engine, jobs
        self.patience_s = 3 * engine.assignment.limits.submission_s + PATIENCE_S
        self._coming: Iterator[FoundSubmission] = iter(())
        self._waiting: deque[_Task] = deque()  # come before those
        self._again: deque[_Task] = deque()  # hit a limit beside others
        self._judges: dict[int, _Judge] = {}  # slot → judge
        self._idle: dict[int, _Judge] = {}  # the same, those that wait for another submission

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._bury_all()

    def run(self, submissions: Iterable[FoundSubmission]) -> Iterator[Done]:
        """Each submission with its outcome, once, in the order in which they are done.

        A submission is taken from the iterable when a judge is free. One that hits a limit while
        the machine is busy is graded once more at the end, alone.
        """
        self._coming = iter(submissions)
        gc.collect()
        gc.freeze()  # what is here is never garbage in a judge, which need not look at it
        try:
            yield from self._work(self.jobs)
            yield from self._work_alone()
        finally:
            gc.unfreeze()

    def _work_alone(self) -> Iterator[Done]:
        """Those that hit a limit beside others, one after the other."""
        while self._again:
            self._waiting.append(self._again.popleft())
            yield from self._work(1)

    def _work(self, jobs: int) -> Iterator[Done]:
        """Grade what is waiting, with so many judges at the same time."""
        while True:
            for slot in range(jobs):
                if slot not in self._judges and (task := self._next()) is not None:
                    self._judges[slot] = self._start(slot, task)
            if not self._judges:
                return
            busy = {judge.pipe: slot for slot, judge in self._judges.items()}
            for pipe in wait(list(busy), timeout=1.0):
                # wait gives back what it was given
                yield from self._collect(busy[pipe])  # type: ignore[index]
            for slot, judge in list(self._judges.items()):
                if judge.hangs(self.patience_s):
                    yield from self._lost(slot)

    def _next(self) -> _Task | None:
        if self._waiting:
            return self._waiting.popleft()
        return next(map(_Task, self._coming), None)

    def _start(self, slot: int, task: _Task) -> _Judge:
        """Hand a submission to the judge that waits, or to a new one."""
        idle = self._idle.pop(slot, None)
        if idle is not None:
            try:
                cpu_s, _ = times_of(idle.pid)
                idle.pipe.send(task.found)
                return replace(idle, task=task, since=time.monotonic(), cpu_s=cpu_s)
            except OSError:
                _bury(idle)
        return self._fork(slot, task)

    def _fork(self, slot: int, task: _Task) -> _Judge:
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                for judge in (*self._judges.values(), *self._idle.values()):
                    judge.pipe.close()
                _keep_to_one_core(slot, self.jobs)
                _grade_as_judge(self.engine, task.found, theirs, slot)
            finally:
                os._exit(0)
        theirs.close()
        return _Judge(pid, ours, task, time.monotonic())

    def _collect(self, slot: int) -> Iterator[Done]:
        judge = self._judges.get(slot)
        if judge is None:  # the judges were buried in this round
            return
        try:
            answer: tuple[Outcome, bool] | _ZygoteIsGone = judge.pipe.recv()
        except (EOFError, OSError):
            yield from self._lost(slot)
            return
        if isinstance(answer, _ZygoteIsGone):
            self._renew()
            return
        outcome, goes_on = answer
        if goes_on:
            self._idle[slot] = self._judges.pop(slot)
        else:
            _bury(self._judges.pop(slot))
        if outcome.impeded and self.jobs > 1 and not judge.task.alone:
            self._again.append(_Task(judge.task.found, alone=True))
        else:
            yield judge.task.found, outcome

    def _lost(self, slot: int) -> Iterator[Done]:
        """A judge died or hangs: its submission again, unless it has cost too many."""
        judge = self._judges.pop(slot)
        _bury(judge)
        if judge.task.tries < MAX_TRIES:
            self._waiting.appendleft(replace(judge.task, tries=judge.task.tries + 1))
            return
        reason = (
            f"the grader's own process ended {MAX_TRIES} times while grading this submission; "
            "grade it again or look at it by hand"
        )
        yield judge.task.found, given_up(self.engine, judge.task.found, reason)

    def _renew(self) -> None:
        """Another zygote for everybody; what was being graded is graded again."""
        self._waiting.extendleft(judge.task for judge in reversed(self._judges.values()))
        self._bury_all()
        self.engine.restart()

    def _bury_all(self) -> None:
        for judge in (*self._judges.values(), *self._idle.values()):
            _bury(judge)
        self._judges.clear()
        self._idle.clear()


def given_up(engine: IsolatedEngine, found: FoundSubmission, reason: str) -> Outcome:
    """The outcome of a submission that nothing could grade: it is undecided, and a human looks."""
    said = (
        "The grader's own process ended while it graded this notebook. Nothing is decided yet: "
        "a human will look at it."
    )
    questions = engine.key.all_questions("crashed", said)
    result = SubmissionResult(found.student, "rejected", questions, (reason,))
    return Outcome(result, None, final=False, tier=engine.tier)


def _bury(judge: _Judge) -> None:
    judge.pipe.close()
    with contextlib.suppress(ProcessLookupError):
        os.kill(judge.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(judge.pid, 0)


# ---- in the judge --------------------------------------------------------------------------------


def _grade_as_judge(
    engine: IsolatedEngine, found: FoundSubmission, pipe: Connection, slot: int
) -> None:
    """Grade a submission and give the outcome back, and those that come next, as long as nothing
    is left of one when the next one comes.
    """
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's business
    compute_alone()
    limit_memory(JUDGE_MB)
    goes_on = True
    while goes_on:
        started = time.monotonic()
        try:
            outcome = engine.grade(found, slot)
        except ZygoteGone:
            pipe.send(_ZygoteIsGone())
            return
        seconds = time.monotonic() - started
        goes_on = engine.lasting and engine.bench.reset()
        pipe.send((replace(outcome, result=replace(outcome.result, seconds=seconds)), goes_on))
        if goes_on:
            try:
                found = pipe.recv()
            except (EOFError, OSError):
                return


def _keep_to_one_core(slot: int, jobs: int) -> None:
    """With as many judges as cores, a judge and its worker take turns on one: that is quicker."""
    cores = processes.own_cores()
    if jobs == len(cores) > 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores[slot]})
