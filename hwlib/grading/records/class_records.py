"""Writes the records of a class: gradebook, autograded notebooks, feedback pages and kept results.

Only one process writes. If it is killed, the records of each submission are either the old or the
new ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from nbformat import NotebookNode
from sqlalchemy.exc import SQLAlchemyError

from hwlib.atomic import write_whole
from hwlib.errors import RecordingError, SubmissionError
from hwlib.grading.answer_key import load_key
from hwlib.grading.cells import one_line
from hwlib.grading.course import Assignment, FeedbackLevel
from hwlib.grading.records.cache import Kept, ResultCache
from hwlib.grading.records.database import advice, shown
from hwlib.grading.records.feedback import LOOK, feedback_page
from hwlib.grading.records.gradebook import GradeStore, Written
from hwlib.grading.records.history import Entry, History, now
from hwlib.grading.records.marks import GradebookView, HandIn, Mark, with_marks
from hwlib.grading.records.partly import joined_with_kept
from hwlib.grading.records.practice import visible_checks
from hwlib.grading.results import Outcome, ProvedTests, SubmissionResult
from hwlib.grading.submissions.files import FoundSubmission
from hwlib.grading.submissions.fingerprints import models_of, name_twins
from hwlib.grading.submissions.reading import read_submission

__all__ = ["ClassRecords"]

_log = logging.getLogger("hwlib.grading")

Notebooks: TypeAlias = NotebookNode | Callable[[str], NotebookNode | None] | None
"""What a feedback page shows: the student's notebook, or what finds one of several by its name."""


class ClassRecords:
    """The records of one assignment in a folder.

    Parameters
    ----------
    assignment : Assignment
    output : Path
        The folder for autograded/, feedback/, gradebook.db and .hw/.
    engine : str
        Name of the engine. Each engine has kept results of its own.
    db_url : str, optional
        The address of the gradebook. The default is OUTPUT/gradebook.db.
    """

    def __init__(
        self, assignment: Assignment, output: Path, engine: str, db_url: str | None = None
    ) -> None:
        self.assignment, self.output = assignment, output
        self._key = load_key(assignment)
        self._checks = visible_checks(assignment, self._key)
        self._cache = ResultCache(assignment, output, engine)
        self._store = GradeStore(assignment, output, db_url)
        self._late = self._store.late
        self._history = History(output, assignment.slug)
        self._unique: dict[str, dict[str, str]] = {}
        self._tiers: set[str] = set()
        self._hand_ins: dict[str, str] = {}  # student → digest of the files, before grading
        self._partly: dict[str, tuple[Kept, frozenset[str]]] = {}  # student → what is new
        self._now = datetime.now(UTC).replace(tzinfo=None)  # as nbgrader keeps times

    def __enter__(self) -> ClassRecords:
        self._store.prepare()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._store.close()

    def log_seed(self, seed: int) -> None:
        """Record the seed for the hidden inputs of this run."""
        self._cache.log_seed(seed)

    def proved(self) -> ProvedTests | None:
        """What the course's own solution has shown of the tests; None if it did not pass in an
        earlier run with the same tests.
        """
        return self._cache.proved()

    def note_proved(self, proved: ProvedTests) -> None:
        """Keep that the course's own solution passes, and what it has shown."""
        self._cache.note_proved(proved)

    def kept(
        self, found: FoundSubmission, seed: int | None = None, force: bool = False
    ) -> SubmissionResult | None:
        """The result of an earlier run, or None if the submission must be graded.

        There is a result if nothing that it depends on has changed. It includes points that humans
        have given since. Call this before grading, because it takes the digest that `write` keeps.

        Parameters
        ----------
        found : FoundSubmission
        seed : int, optional
            Use only a result that was made with this seed.
        force : bool
            Do not use kept results.
        """
        student = found.student
        hand_in = self._hand_ins[student] = self._cache.hand_in(found)
        self._partly.pop(student, None)
        known = None if force else self._cache.get(student, hand_in, seed)
        if known is None:
            return None
        kept, changed = known
        if not self._stands(kept.result, changed):
            return None
        if changed or len(kept.result.questions) != len(self._key.questions):
            self._partly[student] = kept, changed
            return None
        self._unique[found.student] = kept.unique
        self._tiers.add(kept.tier)
        return self._refreshed(found, kept)

    def to_grade(self, found: FoundSubmission, seed: int) -> tuple[FoundSubmission, int]:
        """A submission without a kept result, as it has to be graded, and the seed for that.

        If only some questions have changed since its last result, only these are graded, with the
        seed of that result.
        """
        if found.student not in self._partly:
            return found, seed
        kept, changed = self._partly[found.student]
        return replace(found, questions=changed), kept.seed

    def write(self, found: FoundSubmission, outcome: Outcome, seed: int) -> SubmissionResult:
        """Record one outcome; returns its result with the points that humans gave.

        Raises
        ------
        RecordingError
            If it cannot be written to the disk or the gradebook. The records of other submissions
            do not change.
        """
        outcome = self._whole(found, outcome)
        self._unique[found.student] = outcome.unique
        self._tiers.add(outcome.tier)
        try:
            return self._write(found, outcome, seed)
        except RecordingError:
            raise
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            where = shown(self._store.db_url)
            raise RecordingError(f"{found.student}: {where}: {advice(reason)}") from error
        except OSError as error:
            raise RecordingError(
                f"{found.student}: cannot write the result to {self.output} "
                f"({error.strerror or error}); free some space or make the folder writable, then "
                "grade again"
            ) from error
        # the last resort: nothing about one submission may stop the others
        except Exception as error:
            _log.exception("%s: the result was not written", found.student)
            reason = one_line(f"{type(error).__name__}: {error}", 300)
            raise RecordingError(
                f"{found.student}: the result could not be written ({reason}); report this"
            ) from error

    def _whole(self, found: FoundSubmission, outcome: Outcome) -> Outcome:
        """The outcome of all questions, if only some were graded and the others are kept."""
        graded = {one.id for one in outcome.result.questions}
        if not found.questions or not graded <= found.questions:
            return outcome
        kept, _ = self._partly[found.student]
        path = next(iter(self._autograded(found.student).values()))
        try:
            notebook = read_submission(path)
        except SubmissionError:
            return outcome
        order = [cell.name for cell in self._key.questions]
        return joined_with_kept(outcome, kept, notebook, order)

    def _write(self, found: FoundSubmission, outcome: Outcome, seed: int) -> SubmissionResult:
        student = found.student
        # before the gradebook changes, so that no kept result contradicts it
        self._cache.forget(student)
        before = self._marks.get(student, {})
        written = self._store.write(
            outcome.result,
            outcome.notebook,
            found.timestamp,
            folder=found.folder,
            only=found.only,
            several=outcome.notebooks,
        )
        result = written.result
        raw = replace(outcome.result, problems=result.problems, status=result.status)
        kept = Kept.of(outcome, raw, seed)
        shown = self._write_page(found, written, outcome.as_graded, kept, before)
        kept = replace(kept, page=shown)
        if outcome.final:
            self._cache.put(self._hand_ins[student], kept)
        self._note(found, kept, result.score)
        return result

    def _refreshed(self, found: FoundSubmission, kept: Kept) -> SubmissionResult:
        """A kept result as it counts now. If a human has graded or commented since, or a date has
        moved, the late penalty and the page are made again.
        """
        student = found.student
        comments = self._view.comments.get(student, {})
        marks = self._marks.get(student, {})
        hand_in = self._view.hand_ins.get(student, HandIn())
        penalty = self._late.of_result(kept.result, marks, hand_in.late_s)
        if not math.isclose(penalty, hand_in.penalty, abs_tol=1e-9):  # another rule than then
            hand_in = replace(hand_in, penalty=self._store.update_penalty(student))
        result = with_marks(kept.result, marks, hand_in.penalty)
        if kept.page == self._shown(student, result, comments, hand_in, kept.tier):
            if not self._history.knows(student):
                self._note(found, kept, result.score)
            return result
        known = Written(result, marks, comments, hand_in)
        shown = self._write_page(found, known, self._as_graded(result), kept)
        self._cache.put(self._hand_ins[student], replace(kept, page=shown))
        self._note(found, kept, result.score)
        return result

    def _as_graded(self, result: SubmissionResult) -> Notebooks:
        """The notebooks of an earlier run, by their names."""
        found = dict[str, NotebookNode]()
        for name, path in self._autograded(result.student).items():
            if result.status != "rejected":
                with contextlib.suppress(SubmissionError):
                    found[name] = read_submission(path)
        if self.assignment.has_several:
            return found.get
        return next(iter(found.values()), None)

    def _counted(self, student: str, result: SubmissionResult) -> SubmissionResult:
        """A result with what the gradebook had before this run."""
        hand_in = self._view.hand_ins.get(student, HandIn())
        return with_marks(result, self._marks.get(student, {}), hand_in.penalty)

    def _write_page(
        self,
        found: FoundSubmission,
        written: Written,
        notebook: Notebooks,
        kept: Kept,
        before: Mapping[str, Mark] | None = None,
    ) -> str:
        """Write the feedback page; returns a digest of what it shows."""
        result, comments, hand_in = written.result, written.comments, written.hand_in
        page = feedback_page(
            result,
            self._key,
            notebook,
            title=self.assignment.title,
            comments=comments,
            tier=kept.tier,
            level=self._level(result, hand_in),
            inputs=kept.inputs,
            pages=self.assignment.source.parent / "why.md",
            waiting=[name for name, mark in written.marks.items() if mark.needs_look],
            before=None if before is None else {name: m.points for name, m in before.items()},
            checks=self._checks,
        )
        write_whole(self._page(found.student), page)
        if found.timestamp is not None:  # `nbgrader release_feedback` reads it
            write_whole(self._page(found.student).with_name("timestamp.txt"), found.timestamp)
        return self._shown(found.student, result, comments, hand_in, kept.tier)

    def _level(self, result: SubmissionResult, hand_in: HandIn) -> FeedbackLevel:
        """What the page may tell now. Without a due date, the deadline never comes."""
        levels = self.assignment.course.feedback
        if hand_in.until is None or self._now < hand_in.until:
            return levels.now
        return levels.graded if result.status == "graded" else levels.deadline

    def _shown(
        self,
        student: str,
        result: SubmissionResult,
        comments: Mapping[str, str],
        hand_in: HandIn,
        tier: str,
    ) -> str:
        points = [one.points for one in result.questions]
        scores = (result.score, result.status, result.extra_credit, hand_in.penalty, hand_in.late_s)
        level = self._level(result, hand_in)
        told = (
            self._hand_ins[student],
            self._cache.tests,
            points,
            scores,
            sorted(comments.items()),
            tier,
            level,
            LOOK,
        )
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def _note(self, found: FoundSubmission, kept: Kept, score: float) -> None:
        """Add to the history what is new."""
        self._history.add(
            Entry(
                replace(kept.result, cached=False),
                score,
                now(),
                self._cache.engine,
                kept.tier,
                kept.seed,
                self._hand_ins[found.student],
                self._cache.tests,
                kept.lacking,
                kept.repairs,
                kept.deaths,
                kept.unique,
            )
        )

    def twins(self) -> dict[str, list[str]]:
        """Student → a line for each value that other students have, too."""
        artifacts = self.assignment.folder / "artifacts"
        teams = self.assignment.course.teams.get(self.assignment.slug, {}).values()
        return name_twins(self._unique, models_of(artifacts, self.assignment.artifacts), teams)

    @property
    def tier(self) -> str:
        """The weakest isolation of all these results."""
        return min(self._tiers, default="T0")

    @cached_property
    def _names(self) -> set[str]:
        """The questions of the assignment."""
        return {cell.name for cell in self._key.questions}

    @cached_property
    def _view(self) -> GradebookView:
        """The gradebook before this run, read once and only if results are kept."""
        return self._store.view()

    @property
    def _marks(self) -> Mapping[str, Mapping[str, Mark]]:
        return self._view.marks

    def _autograded(self, student: str) -> dict[str, Path]:
        """Name of each notebook → its file."""
        folder = self.output / "autograded" / student / self.assignment.slug
        return {name: folder / f"{name}.ipynb" for name in self.assignment.stems}

    def _page(self, student: str) -> Path:
        slug = self.assignment.slug
        return self.output / "feedback" / student / slug / f"{slug}.html"

    def _stands(self, result: SubmissionResult, changed: Collection[str] = ()) -> bool:
        """Whether the records of a kept result still exist and agree with it, but for the questions
        that have changed.
        """
        written = self._page(result.student).is_file() and all(
            path.is_file() for path in self._autograded(result.student).values()
        )
        marks = self._marks.get(result.student, {}) if written else {}
        return bool(marks) and all(
            _is_marked(marks.get(question.id), question.points)
            for question in result.questions
            if question.id in self._names and question.id not in changed
        )


def _is_marked(mark: Mark | None, points: float) -> bool:
    """Whether the gradebook has these points; another program may have changed them."""
    if mark is None:
        return False
    return math.isclose(mark.automatic or 0.0, points, abs_tol=1e-9)
