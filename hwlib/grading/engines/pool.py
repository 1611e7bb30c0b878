"""Grade a class: one judge a core, each with one worker at a time; one writer; nothing lost when
something dies.

    this process ── pipe ── judge 0 ── socket ── worker    judge: a fork of us, has the tests
       │ writes          └─ judge 1 ── socket ── worker    worker: the zygote's, has the code
       └─ gradebook, autograded/, feedback/, results

A judge that dies is replaced and its submission graded again; so is the zygote with all judges.
This process may be killed at any moment: the next run reuses every result that was written.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path

from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.engines.isolated import IsolatedEngine, Outcome, isolation_tier
from hwlib.grading.engines.test_sets import fetch_test_sets
from hwlib.grading.records.cache import ResultCache
from hwlib.grading.results import GradeReport, QuestionResult, SubmissionResult
from hwlib.grading.sandbox import processes
from hwlib.grading.submissions.files import FoundSubmission
from hwlib.grading.submissions.fingerprints import models_of, name_twins

__all__ = ["default_jobs", "grade_class", "grade_many"]

MAX_TRIES = 3  # of one submission whose judge died each time
PATIENCE_S = 60.0  # beyond twice a submission's time limit, after which a judge counts as dead

Record = Callable[[FoundSubmission, Outcome], SubmissionResult]
"""Writes one outcome down; gives the result as it now stands (with the points that humans gave)."""


def default_jobs(assignment: Assignment) -> int:
    """As many workers as there are cores, if the memory allows each its limit."""
    cores = len(processes.own_cores())
    with contextlib.suppress(ValueError, OSError, AttributeError):
        memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        return max(1, min(cores, memory_mb // assignment.limits.memory_mb))
    return cores


def grade_class(
    assignment: Assignment,
    submissions: Sequence[FoundSubmission],
    *,
    output: Path,
    record: Record,
    stands: Callable[[SubmissionResult], bool],
    refresh: Callable[[SubmissionResult], SubmissionResult],
    jobs: int | None = None,
    force: bool = False,
    seed: int | None = None,
    hidden: tuple[Path, ...] = (),
    on_result: Callable[[SubmissionResult], None] = lambda result: None,
) -> GradeReport:
    """Grade these submissions and write down what was found.

    Parameters
    ----------
    assignment : Assignment
    submissions : sequence of FoundSubmission
    output : Path
        Where results are kept (in .hw/).
    record : callable
        Called here, in this process, once a graded submission.
    stands : callable
        Kept result → whether what `record` wrote for it is still there, and still says the same.
    refresh : callable
        Puts the points that humans gave since into a kept result.
    jobs : int, optional
        How many submissions at the same time; default one a core.
    force : bool
        Grade again what was graded already.
    seed : int, optional
        Of the hidden inputs; default the one of earlier runs, so that a regrade repeats them.
    hidden : tuple of Path
        Folders that student code shall not see, besides the course and `output`.
    on_result : callable
        Called after each submission, for a progress bar.

    Returns
    -------
    GradeReport
        With every submission once, in order of the student's id.
    """
    cache = ResultCache(assignment, output, "isolated")
    seed = cache.seed(seed)
    results: dict[str, SubmissionResult] = {}
    unique: dict[str, dict[str, str]] = {}
    todo: list[tuple[FoundSubmission, str]] = []
    for found in submissions:
        key = cache.key(found, seed)
        kept = None if force else cache.get(found.student, key)
        if kept is not None and stands(kept.result):
            results[found.student], unique[found.student] = refresh(kept.result), kept.unique
            on_result(results[found.student])
        else:
            todo.append((found, key))
    keys = {found.student: key for found, key in todo}
    for found, outcome in grade_many(
        assignment, [found for found, _ in todo], jobs=jobs, seed=seed, hidden=(output, *hidden)
    ):
        cache.forget(found.student)
        result = record(found, outcome)
        if outcome.final:
            cache.put(keys[found.student], result, outcome.unique)
        results[found.student], unique[found.student] = result, outcome.unique
        on_result(result)
    twins = name_twins(unique, models_of(assignment.folder / "artifacts", assignment.artifacts))
    ordered = tuple(
        _with_problems(results[found.student], twins[found.student]) for found in submissions
    )
    return GradeReport(assignment.slug, "isolated", isolation_tier(), ordered)


def _with_problems(result: SubmissionResult, more: list[str]) -> SubmissionResult:
    return replace(result, problems=(*result.problems, *more)) if more else result


def grade_many(
    assignment: Assignment,
    submissions: Sequence[FoundSubmission],
    *,
    seed: int,
    jobs: int | None = None,
    hidden: tuple[Path, ...] = (),
) -> Iterator[tuple[FoundSubmission, Outcome]]:
    """Grade these submissions side by side; each comes out once, as soon as it is graded.

    `hidden` are folders besides the course that student code shall not see, such as the class's
    submissions.
    """
    if not submissions:
        return
    fetch_test_sets(load_key(assignment))
    with IsolatedEngine(assignment, seed, hidden) as engine:
        engine.learn_imports()
        pool = _Pool(engine, min(jobs or default_jobs(assignment), len(submissions)))
        try:
            yield from pool.run(submissions)
        finally:
            pool.close()


@dataclass(slots=True)
class _Judge:
    pid: int
    pipe: Connection
    task: tuple[int, FoundSubmission] | None = None  # (try number, submission) being graded
    since: float = 0.0  # when it was handed out


class _Pool:
    """The judges of one run."""

    def __init__(self, engine: IsolatedEngine, jobs: int) -> None:
        self.engine, self.jobs = engine, jobs
        # a test of the course's own may hang, too
        self.patience = 2 * engine.assignment.limits.submission_s + PATIENCE_S
        self.judges: list[_Judge] = []
        for slot in range(jobs):
            self.judges.append(self._fork(slot))

    def _fork(self, slot: int) -> _Judge:
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                for judge in self.judges:
                    judge.pipe.close()
                _keep_to_one_core(slot, self.jobs)
                _judge(self.engine, theirs, slot)
            finally:
                os._exit(0)
        theirs.close()
        return _Judge(pid, ours)

    def run(
        self, submissions: Sequence[FoundSubmission]
    ) -> Iterator[tuple[FoundSubmission, Outcome]]:
        """Hand out the submissions, collect the outcomes, replace what dies."""
        waiting = deque((1, found) for found in submissions)
        while waiting or any(judge.task for judge in self.judges):
            for slot, judge in enumerate(self.judges):
                if judge.task is None and waiting:
                    judge.task = waiting.popleft()
                    if not self._hand_out(judge):
                        self._replace(slot, waiting)
            busy = {
                judge.pipe: slot for slot, judge in enumerate(self.judges) if judge.task is not None
            }
            for pipe in wait(list(busy), timeout=1.0):
                # wait gives back what it was given
                done = self._collect(busy[pipe], waiting)  # type: ignore[index]
                if done is not None:
                    yield done
            for slot, judge in enumerate(self.judges):
                if judge.task is not None and time.monotonic() - judge.since > self.patience:
                    done = self._replace(slot, waiting)
                    if done is not None:
                        yield done

    def _hand_out(self, judge: _Judge) -> bool:
        assert judge.task is not None
        judge.since = time.monotonic()
        try:
            judge.pipe.send(judge.task[1])
        except OSError:
            return False
        return True

    def _collect(
        self, slot: int, waiting: deque[tuple[int, FoundSubmission]]
    ) -> tuple[FoundSubmission, Outcome] | None:
        judge = self.judges[slot]
        if judge.task is None:  # the pool was renewed in this round
            return None
        try:
            outcome = judge.pipe.recv()
        except (EOFError, OSError):
            return self._replace(slot, waiting)
        if isinstance(outcome, str):  # the zygote died: every judge needs the new one
            self._renew(waiting)
            return None
        found, judge.task = judge.task[1], None
        return found, outcome

    def _replace(
        self, slot: int, waiting: deque[tuple[int, FoundSubmission]]
    ) -> tuple[FoundSubmission, Outcome] | None:
        """A judge died: a new one, and its submission again, unless it has cost too many."""
        judge = self.judges[slot]
        _bury(judge)
        self.judges[slot] = self._fork(slot)
        if judge.task is None:
            return None
        tries, found = judge.task
        if tries < MAX_TRIES:
            waiting.appendleft((tries + 1, found))
            return None
        return found, Outcome(_given_up(self.engine, found), None, final=False)

    def _renew(self, waiting: deque[tuple[int, FoundSubmission]]) -> None:
        unfinished = [judge.task for judge in self.judges if judge.task is not None]
        self.close()
        self.engine.restart()
        self.judges = []
        for slot in range(self.jobs):
            self.judges.append(self._fork(slot))
        waiting.extendleft(reversed([(tries, found) for tries, found in unfinished]))

    def close(self) -> None:
        """End all judges now; what they were grading is not lost, only not done."""
        for judge in self.judges:
            _bury(judge)


def _bury(judge: _Judge) -> None:
    judge.pipe.close()
    with contextlib.suppress(ProcessLookupError):
        os.kill(judge.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(judge.pid, 0)


def _judge(engine: IsolatedEngine, pipe: Connection, slot: int) -> None:
    """A judge's life: take a submission, grade it, give the outcome back, until the pipe ends."""
    processes.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's business
    _compute_alone()
    while True:
        try:
            found = pipe.recv()
        except (EOFError, OSError):
            return
        started = time.monotonic()
        try:
            outcome = engine.grade(found, slot)
        except processes.ZygoteGone:
            pipe.send("the zygote is gone")
            return
        pipe.send(
            replace(outcome, result=replace(outcome.result, seconds=time.monotonic() - started))
        )


def _keep_to_one_core(slot: int, jobs: int) -> None:
    """Where there are as many judges as cores: a judge and its worker take turns, and handing over
    is quicker on one core.
    """
    cores = processes.own_cores()
    if jobs == len(cores) > 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores[slot]})


def _compute_alone() -> None:
    """No parallel region in this fork: it would wait for ever for threads that torch has started in
    the main process.
    """
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


def _given_up(engine: IsolatedEngine, found: FoundSubmission) -> SubmissionResult:
    reason = (
        f"the grader's own process ended {MAX_TRIES} times while grading this submission; "
        "grade it again or look at it by hand"
    )
    questions = tuple(
        QuestionResult(cell.name, cell.title, 0.0, cell.points, "crashed", reason)
        for cell in engine.key.questions
    )
    return SubmissionResult(found.student, "rejected", questions, (reason,))
