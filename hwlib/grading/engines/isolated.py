"""The isolated engine for one assignment: its zygote, its tests, and `grade` for one submission."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import itertools
import logging
import re
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from nbformat import NotebookNode

from hwlib.atomic import remove_folder
from hwlib.errors import (
    GradingError,
    StudentRaised,
    SubmissionError,
    WorkerLost,
    ZygoteGone,
)
from hwlib.grading.answer_key import AnswerKey, KeyCell, load_key, released_sources
from hwlib.grading.cell_names import names_in
from hwlib.grading.cells import one_line, tree_of, without_markers
from hwlib.grading.course import Assignment
from hwlib.grading.engines.apart import apart
from hwlib.grading.engines.bench import Bench
from hwlib.grading.engines.confirm import FIRST_LANE
from hwlib.grading.engines.lanes import Shared
from hwlib.grading.engines.standins import Session
from hwlib.grading.engines.tries import Graded, grade_submission
from hwlib.grading.engines.words import UNREADABLE, cannot_run
from hwlib.grading.results import (
    Outcome,
    ProvedTests,
    QuestionResult,
    QuestionStatus,
    SubmissionResult,
    SubmissionStatus,
)
from hwlib.grading.sandbox import processes, tiers
from hwlib.grading.sandbox.clock import Limits, WorkClock
from hwlib.grading.sandbox.confine import Confinement, Tier
from hwlib.grading.sandbox.folders import RunFolder, give_to
from hwlib.grading.sandbox.variables import environment
from hwlib.grading.submissions.beside import copy_files
from hwlib.grading.submissions.files import FoundSubmission, read_found
from hwlib.grading.submissions.fingerprints import models_of
from hwlib.grading.submissions.repair import RepairedSubmission, SubmittedCell, repair

__all__ = ["IsolatedEngine", "ReferenceCheck", "reference_as_submitted"]

_log = logging.getLogger("hwlib.grading")

SLOW = (
    "torch",
    "torchvision",
    "pandas",
    "sklearn",
    "scipy",
    "seaborn",
    "sympy",
    "cvxpy",
    "numba",
    "matplotlib.pyplot",
)
MAX_SCANNED = 5_000_000  # bytes of a notebook
_IMPORT = re.compile(rf"\b(?:import|from) +({'|'.join(map(re.escape, SLOW))})\b")


@dataclass(frozen=True, slots=True)
class ReferenceCheck:
    """What the course's own solution says about its tests.

    Attributes
    ----------
    failing : dict
        Question → what happened. It is empty where the solution passes.
    proved : ProvedTests
        What it has shown of the others.
    """

    failing: dict[str, str]
    proved: ProvedTests = field(default_factory=ProvedTests)


class IsolatedEngine:
    """Grades submissions of one assignment: tests in this process, student code in workers.

    Parameters
    ----------
    assignment : Assignment
    seed : int
        Of the hidden inputs.
    hidden : tuple of Path
        Folders, besides the course's own, that student code shall not see.
    sandbox : bool
        False: grade without isolation, where every submission is trusted.

    Attributes
    ----------
    tier : {"T3", "T2", "T1", "T0"}
        The isolation of the workers, proven by canaries.
    lasting : bool
        Whether one process can grade several submissions: the tests change nothing in it that can't
        be set back. False until `check_reference` has found that out, or `take` was told.
    on_question : callable
        Called with each result of a submission as soon as it is known. It does nothing at first.

    Raises
    ------
    GradingError
        If no tier can be had on this machine, or importing what the setup cells import starts
        threads.
    """

    def __init__(
        self,
        assignment: Assignment,
        seed: int,
        hidden: tuple[Path, ...] = (),
        *,
        sandbox: bool = True,
    ) -> None:
        self.assignment, self.seed = assignment, seed
        self.key = load_key(assignment)
        self.released = released_sources(assignment)
        self._hidden = (assignment.course.root, *hidden)
        self._modules: list[str] = []
        self.on_question: Callable[[QuestionResult], None] = lambda question: None
        self.lasting = False
        self._unproved: set[str] = set()  # questions that the course's own solution does not pass
        with ExitStack() as stack:
            stack.enter_context(
                environment(HWLIB_GRADING="1", MPLBACKEND="agg", **processes.single_threaded())
            )
            self.bench = Bench(self.key, assignment.source.parent)
            self._folder = RunFolder(self._hidden)
            stack.callback(self._folder.close)
            self.tier: Tier = "T0"
            self.zygote = self._proven_zygote() if sandbox else self._new_zygote("T0")
            self._environment = stack.pop_all()

    def _proven_zygote(self) -> processes.Zygote:
        """A zygote of the strongest tier that this machine has."""
        with self._workplace(0, None) as workplace:
            self.tier, zygote = tiers.strongest(
                self._new_zygote,
                workplace.new_worker,
                self.assignment.source,
                self.assignment.course.root,
            )
        return zygote

    def _new_zygote(self, tier: Tier) -> processes.Zygote:
        zygote = processes.Zygote(self.assignment.slug, self._folder, tier, self._hidden)
        try:
            copy_files(self.assignment.source.parent, zygote.home)
            modules = self._modules or self._imported_modules()
            answer = zygote.prepare(modules, [cell.source for cell in self.bench.setup])
            if answer["threads"] != 1:
                raise GradingError(
                    f"{self.assignment.slug}: {answer['threads']} threads run after the setup "
                    "cells, so that workers can't be forked; move what starts threads out of them"
                )
        except BaseException:
            zygote.close()
            raise
        for cell, (line, raised) in zip(self.bench.setup, answer["errors"], strict=True):
            if raised:
                self.bench.mark_broken(cell, self.bench.complaint(cell, line, raised))
        return zygote

    def learn_imports(self, ahead: Iterable[str] = ()) -> None:
        """Import, ahead of all workers, what the reference solution loads when it is run once.

        Parameters
        ----------
        ahead : iterable of str
            More modules, which submissions import; one that can't be imported is left out.
        """
        before = set(self._imported_modules())
        with self._workplace(0, None) as workplace:
            session = workplace.new_session()
            session.clock = WorkClock(session.worker.times, self.assignment.limits.submission_s)
            loaded = set[str]()
            try:
                known = set(session.request("modules")["value"])
                for cell in self.key.by_role("solution"):
                    session.run(cell.source)
                loaded = set(session.request("modules")["value"]) - known
            except (WorkerLost, StudentRaised) as error:  # slower, but as right without it
                _log.info("%s: imports are not learnt: %r", self.assignment.slug, error)
            finally:
                session.worker.kill()
        loaded |= set(ahead)
        wanted = self._not_of_students(
            name for name in loaded if not name.startswith(("__", "hwlib.grading"))
        )
        if wanted:
            self._modules = sorted(before | set(wanted))
            if self.zygote.prepare(wanted, [])["threads"] != 1:
                self._modules = sorted(before)  # a library that starts threads: without these
                self.restart()

    def _imported_modules(self) -> list[str]:
        return self._not_of_students(imported_modules(self.key))

    def _not_of_students(self, modules: Iterable[str]) -> list[str]:
        """Modules that are the same for all submissions, sorted: no zygote imports the others."""
        files = self.assignment.student_files
        theirs = {name.partition("/")[0].removesuffix(".py") for name in files}
        return sorted(name for name in modules if name.partition(".")[0] not in theirs)

    def check_reference(self, *, leave_to_humans: bool = True) -> ReferenceCheck:
        """Grade the course's own solution first. Where it passes only if it can change arguments,
        all submissions can.

        Parameters
        ----------
        leave_to_humans : bool
            Whether a question that it does not pass is left to humans for the whole class. So what
            this engine can't do is never a student's zero.
        """
        self.bench.keep_setup_values()
        self.bench.is_tried_out = True
        known = frozenset(sys.modules)
        (failing, changing, self.lasting, confirmed), modules = apart(
            lambda: (self._failed_by_reference(), sys.modules.keys() - known)
        )
        self.bench.is_tried_out = False
        self._get_ready(modules)
        if failing:  # a test of speed met a busy machine, or the task is to change an argument
            self.bench.change_arguments(failing.keys() & changing, True)
            again, _, lasting, _ = apart(self._failed_by_reference)
            self.lasting &= lasting
            failing = {name: again[name] for name in failing if name in again}
            self.bench.change_arguments(failing.keys(), False)
        for name, (status, _) in failing.items():
            # the second is so for everybody, and it may change with this machine
            if not leave_to_humans or status == "manual":
                continue
            self._unproved.add(name)
            self.bench.leave_to_humans(name, cannot_run())
        in_place = (name for name, test in self.bench.tests.items() if test.in_place)
        self.bench.confirm(confirmed)
        return ReferenceCheck(
            {name: reason for name, (_, reason) in failing.items()},
            ProvedTests(
                frozenset(in_place), frozenset(confirmed), frozenset(modules), self.lasting
            ),
        )

    def take(self, proved: ProvedTests) -> None:
        """Grade with what the course's own solution has shown before: instead of
        `check_reference`.
        """
        self.bench.change_arguments(proved.in_place & self.bench.tests.keys(), True)
        self.bench.confirm(proved.confirmed & self.bench.tests.keys())
        self.lasting = proved.lasting
        self._get_ready(proved.modules)

    def find_confirmed(self) -> frozenset[str]:
        """The same for no more than which tests must be confirmed, where the rest is not needed."""
        compared = {name for name, test in self.bench.tests.items() if test.compared}
        if not compared:
            return frozenset()

        def tried_out() -> set[str]:
            for name in self.bench.tests.keys() - compared:
                self.bench.leave_to_humans(name, cannot_run())
            return self._failed_by_reference()[3]

        self.bench.keep_setup_values()
        self.bench.is_tried_out = True
        confirmed = apart(tried_out)
        self.bench.is_tried_out = False
        self.bench.confirm(confirmed)
        return frozenset(confirmed)

    def _get_ready(self, modules: Iterable[str]) -> None:
        """Do once, before judges are forked, what each of them would do: import these modules, and
        parse the cells that all submissions have.
        """
        for name in sorted(modules):
            if name not in sys.modules:
                with contextlib.suppress(Exception):  # whatever a module does when it is imported
                    importlib.import_module(name)
        self.bench.keep_setup_values()
        for cell in self.key.cells:
            if cell.cell_type == "code":
                names_in(cell.source)
                names_in(self.released.get(cell.grade_id, ""))

    def _failed_by_reference(
        self,
    ) -> tuple[dict[str, tuple[QuestionStatus, str]], set[str], bool, set[str]]:
        """Question → its status, and what an instructor must know, in notebook order; the tests of
        which it changed an argument; whether the tests left all as it was, but for what can be set
        back; and the tests to confirm.
        """
        before = self.bench.rest()
        artifacts = self.assignment.folder / "artifacts"
        folder = artifacts if artifacts.is_dir() else None
        graded = self.grade_repaired(reference_as_submitted(self.key), 0, folder)
        # without the models that go with it, the reference can't pass what checks them
        lost = "failed" if self.assignment.artifacts and folder is None else ""
        failed = {
            one.id: (
                one.status,
                graded.complaints.get(one.id, f'it gets the message "{one.message}"'),
            )
            for one in graded.questions
            if one.id in self.bench.tests and one.status not in ("passed", lost)
        }
        lasting = self.bench.reset() and before is not None and before == self.bench.rest()
        return failed, self.bench.changing, lasting, self.bench.to_confirm

    def restart(self) -> None:
        """A new zygote in place of one that died."""
        self.zygote.close()
        self.zygote = self._new_zygote(self.tier)

    def close(self) -> None:
        """End the zygote and, with it, every worker."""
        self.zygote.close()
        self._environment.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- one submission --------------------------------------------------------------------------

    def grade(self, found: FoundSubmission, slot: int = 0) -> Outcome:
        """Grade one submission; whatever is wrong with it becomes a result, never an exception.

        Parameters
        ----------
        found : FoundSubmission
        slot : int
            Which of the concurrent workers: two submissions graded at the same time need different
            ones.

        Raises
        ------
        ZygoteGone
            If the zygote died; `restart`, then grade it again.
        """
        try:
            return self._grade(found, slot)
        except ZygoteGone:
            raise
        # the last resort: nothing about one submission may stop the others
        except Exception as error:  # noqa: BLE001
            _log.exception("%s: the grader failed", found.student)
            reason = f"the grader failed on this submission ({type(error).__name__}: {error})"
            reason = f"{one_line(reason, 300)}; grade it by hand, and report this"
            questions = self.key.all_questions("manual", cannot_run())
            result = SubmissionResult(found.student, "needs_manual", questions, (reason,))
            return Outcome(result, None, final=False, tier=self.tier)

    def _grade(self, found: FoundSubmission, slot: int) -> Outcome:
        problems = list(found.problems)
        try:
            notebook = read_found(found, problems)
        except SubmissionError as error:
            said = () if found.notebook is None and problems else (str(error),)
            return self._rejected(found.student, (*problems, *said))
        outcome = self.grade_notebook(
            notebook, found.student, found.folder, slot, found.only, found.questions
        )
        problems += outcome.result.problems
        repairs = (*problems[: len(problems) - len(outcome.result.problems)], *outcome.repairs)
        result = replace(outcome.result, problems=tuple(problems))
        return replace(outcome, result=result, repairs=repairs)

    def grade_notebook(
        self,
        notebook: NotebookNode,
        student: str = "",
        folder: Path | None = None,
        slot: int = 0,
        only: frozenset[str] | None = None,
        questions: Collection[str] = (),
    ) -> Outcome:
        """The same for a notebook that was read already: all questions, or only these."""
        started = time.monotonic()
        submission = repair(notebook, self.key, self.released)
        asked = [cell for cell in self.key.questions if cell.name in questions]
        graded = self.grade_repaired(submission, slot, folder, only, self.on_question, asked)
        manual = [question for question in graded.questions if question.status == "manual"]
        status: SubmissionStatus = "needs_manual" if manual else "graded"
        result = SubmissionResult(
            student,
            status,
            tuple(graded.questions),
            (*submission.problems, *graded.remarks),
            time.monotonic() - started,
        )
        unique = graded.unique | (models_of(folder, self.assignment.artifacts) if folder else {})
        waits = any(question.id in self.bench.tests.keys() - self._unproved for question in manual)
        return Outcome(
            result,
            submission.as_notebook(graded.outputs),
            graded.final and not waits,
            graded.lacking,
            unique,
            graded.impeded,
            self.tier,
            graded.complaints,
            graded.measured,
            repairs=tuple(submission.problems),
            deaths=graded.deaths,
            inputs=graded.inputs,
            noted=graded.noted,
        )

    def grade_repaired(
        self,
        submission: RepairedSubmission,
        slot: int,
        folder: Path | None,
        only: frozenset[str] | None = None,
        on_question: Callable[[QuestionResult], None] = lambda question: None,
        questions: Sequence[KeyCell] = (),
    ) -> Graded:
        """The same for its cells: all questions, or only those that are given."""
        limits = self.assignment.limits
        with self._workplace(slot, folder, only) as workplace:
            return grade_submission(
                self.bench,
                submission,
                workplace.new_session,
                Limits(limits.question_s, limits.submission_s),
                self.seed,
                self.released,
                folder or workplace.root,
                lambda: self._reference_for(workplace),
                on_question,
                questions,
            )

    def _reference_for(self, workplace: _Workplace) -> Shared:
        """The course's own solution, run beside a submission but without the files of it."""
        limits = self.assignment.limits
        alone = replace(workplace, handed_in=None)
        return Shared(
            reference_as_submitted(self.key).cells,
            alone.new_session,
            Limits(limits.question_s, limits.submission_s),
        )

    def _rejected(self, student: str, problems: tuple[str, ...]) -> Outcome:
        questions = self.key.all_questions("missing", UNREADABLE)
        result = SubmissionResult(student, "rejected", questions, problems)
        return Outcome(result, None, tier=self.tier)

    @contextmanager
    def workers_among(
        self, folder: Path, only: frozenset[str] | None = None
    ) -> Iterator[Callable[[], Session]]:
        """What makes conversations with fresh workers, among the files of a submission."""
        with self._workplace(0, folder, only) as workplace:
            yield workplace.new_session

    @contextmanager
    def _workplace(
        self, slot: int, folder: Path | None, only: frozenset[str] | None = None
    ) -> Iterator[_Workplace]:
        # workers are other users: each may enter its own folder below
        root = self._folder.new("submission-", 0o711)
        try:
            yield _Workplace(root, self, slot, folder, only)
        finally:
            remove_folder(root)


@dataclass(slots=True)
class _Workplace:
    """A folder with a folder for each worker of one submission: none sees what another left."""

    root: Path
    engine: IsolatedEngine
    slot: int
    handed_in: Path | None
    only: frozenset[str] | None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))  # of its folders

    def new_session(self, lane: int = 0) -> Session:
        """A conversation with a fresh worker. Lanes have workers at the same time."""
        return Session(self.new_worker(self.engine.zygote, lane))

    def new_worker(self, zygote: processes.Zygote, lane: int = 0) -> processes.Worker:
        """A fresh worker, among the files handed in and the assignment's."""
        engine, limits = self.engine, self.engine.assignment.limits
        above = self.root / str(next(self.numbers))
        above.mkdir()
        above.chmod(0o711)
        place = above / engine.assignment.slug
        place.mkdir()
        if self.handed_in is not None:
            copy_files(self.handed_in, place, self.only, notebooks=True)
        copy_files(engine.assignment.source.parent, place, keep=engine.assignment.student_files)
        uid = zygote.uid(self.slot, lane)
        give_to(place, uid)
        confinement = Confinement(
            uid,
            str(place),
            int(limits.submission_s) + 1,
            limits.memory_mb,
            # a judge that has one core shares it with its worker
            cores=tuple(processes.own_cores()),
            # those that confirm a test must not tell one another what they were asked
            shares_memory=lane < FIRST_LANE,
        )
        return zygote.fork(confinement)


def reference_as_submitted(key: AnswerKey) -> RepairedSubmission:
    """The course's own solution as a submission."""
    return RepairedSubmission(
        tuple(
            SubmittedCell(
                without_markers(cell.source), cell.cell_type, cell, grade_id=cell.grade_id
            )
            for cell in key.cells
        )
    )


def imported_modules(key: AnswerKey) -> list[str]:
    """The modules that the notebook's own cells import at their top level."""
    names: set[str] = set()
    for cell in key.by_role("setup", "code", "solution"):
        tree = tree_of(cell.source)
        for node in tree.body if tree else ():
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return sorted(names - {"__future__"})


def imported_ahead(submissions: Iterable[FoundSubmission]) -> set[str]:
    """The slow libraries that submissions import and this machine has: their import must not count
    as time of the students' code.
    """
    named = set[str]()
    for found in submissions:
        with contextlib.suppress(OSError):
            if found.notebook is not None and found.notebook.stat().st_size < MAX_SCANNED:
                named |= set(_IMPORT.findall(found.notebook.read_text("utf-8", "replace")))
    return {name for name in named if importlib.util.find_spec(name) is not None}
