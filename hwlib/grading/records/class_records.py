"""Writes the records of a class: gradebook, autograded notebooks, feedback pages and kept results.

Only one process writes. If it is killed, the records of each submission are either the old or the
new ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from hwlib.atomic import write_whole
from hwlib.errors import RecordingError
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.records.cache import ResultCache
from hwlib.grading.records.database import advice, shown
from hwlib.grading.records.feedback import feedback_page
from hwlib.grading.records.gradebook import GradeStore, Mark
from hwlib.grading.results import Outcome, ProvedTests, SubmissionResult, SubmissionStatus
from hwlib.grading.submissions.files import FoundSubmission
from hwlib.grading.submissions.fingerprints import models_of, name_twins

__all__ = ["ClassRecords"]


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
        self._cache = ResultCache(assignment, output, engine)
        self._store = GradeStore(assignment, output, db_url)
        self._unique: dict[str, dict[str, str]] = {}
        self._tiers: set[str] = set()
        self._digests: dict[str, str] = {}  # student → digest before grading

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
        digest = self._digests[found.student] = self._cache.digest(found)
        kept = None if force else self._cache.get(found.student, digest, seed)
        if kept is None or not self._stands(kept.result):
            return None
        self._unique[found.student] = kept.unique
        self._tiers.add(kept.tier)
        return _with_human_grades(self._marks.get(found.student, {}), kept.result)

    def write(self, found: FoundSubmission, outcome: Outcome, seed: int) -> SubmissionResult:
        """Record one outcome; returns its result with the points that humans gave.

        Raises
        ------
        RecordingError
            If it cannot be written to the disk or the gradebook. The records of other submissions
            do not change.
        """
        self._unique[found.student] = outcome.unique
        self._tiers.add(outcome.tier)
        try:
            return self._write(found, outcome, seed)
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

    def _write(self, found: FoundSubmission, outcome: Outcome, seed: int) -> SubmissionResult:
        # before the gradebook changes, so that no kept result contradicts it
        self._cache.forget(found.student)
        result = self._store.write(
            outcome.result, outcome.notebook, found.timestamp, folder=found.folder, only=found.only
        )
        page = feedback_page(
            result,
            self._key,
            outcome.notebook,
            title=self.assignment.title,
            comments=self._store.human_comments(found.student),
            late_penalty=self._store.late_penalty(found.student),
            tier=outcome.tier,
            pages=self.assignment.source.parent / "why.md",
        )
        write_whole(self._page(found.student), page)
        if outcome.final:
            self._cache.put(self._digests[found.student], seed, result, outcome)
        return result

    def twins(self) -> dict[str, list[str]]:
        """Student → a line for each value that other students have, too."""
        artifacts = self.assignment.folder / "artifacts"
        return name_twins(self._unique, models_of(artifacts, self.assignment.artifacts))

    @property
    def tier(self) -> str:
        """The weakest isolation of all these results."""
        return min(self._tiers, default="T0")

    @cached_property
    def _marks(self) -> dict[str, dict[str, Mark]]:
        """The marks in the gradebook before this run, read once and only if results are kept."""
        return self._store.marks_of_class()

    @cached_property
    def _recorded(self) -> set[str]:
        return self._store.students()

    def _page(self, student: str) -> Path:
        slug = self.assignment.slug
        return self.output / "feedback" / student / slug / f"{slug}.html"

    def _stands(self, result: SubmissionResult) -> bool:
        """Whether the records of a kept result still exist and agree with it."""
        slug, student = self.assignment.slug, result.student
        notebook = self.output / "autograded" / student / slug / f"{slug}.ipynb"
        written = notebook.is_file() and self._page(student).is_file()
        marks = self._marks.get(student, {}) if written and student in self._recorded else {}
        return bool(marks) and all(
            _is_marked(marks.get(question.id), question.points) for question in result.questions
        )


def _is_marked(mark: Mark | None, points: float) -> bool:
    """Whether the gradebook has these points; another program may have changed them."""
    if mark is None:
        return False
    return mark.by_hand is not None or math.isclose(mark.automatic or 0.0, points, abs_tol=1e-9)


def _with_human_grades(marks: Mapping[str, Mark], result: SubmissionResult) -> SubmissionResult:
    """A kept result with the points that humans have given since."""
    given = {name: mark.by_hand for name, mark in marks.items() if mark.by_hand is not None}
    if not given:
        return result
    questions = tuple(
        replace(question, points=given[question.id]) if question.id in given else question
        for question in result.questions
    )
    waiting = any(mark.needs_look for mark in marks.values())
    status: SubmissionStatus = (
        result.status if result.status == "rejected" else "needs_manual" if waiting else "graded"
    )
    return replace(result, questions=questions, status=status)
