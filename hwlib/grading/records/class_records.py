"""All that is kept of a class: gradebook, autograded notebooks, feedback pages and results.

One writer, in one process. After a kill at any moment each submission stands as before or as now.
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
from hwlib.grading.records.feedback import feedback_page
from hwlib.grading.records.gradebook import GradeStore, Mark
from hwlib.grading.results import Outcome, SubmissionResult, SubmissionStatus
from hwlib.grading.submissions.files import FoundSubmission
from hwlib.grading.submissions.fingerprints import models_of, name_twins

__all__ = ["ClassRecords"]


class ClassRecords:
    """The records of one assignment below a folder.

    Parameters
    ----------
    assignment : Assignment
    output : Path
        Where autograded/, feedback/, gradebook.db and .hw/ go.
    engine : str
        Results of different engines are kept apart.
    db_url : str, optional
        The gradebook, where it is not OUTPUT/gradebook.db.
    """

    def __init__(
        self, assignment: Assignment, output: Path, engine: str, db_url: str | None = None
    ) -> None:
        self.assignment, self.output = assignment, output
        self._key = load_key(assignment)
        self._cache = ResultCache(assignment, output, engine)
        self._store = GradeStore(assignment, output, db_url)
        self._unique: dict[str, dict[str, str]] = {}
        self._digests: dict[str, str] = {}  # by student, of the files before they were graded

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
        """Write down this run's seed of the hidden inputs."""
        self._cache.log_seed(seed)

    def kept(
        self, found: FoundSubmission, seed: int | None = None, force: bool = False
    ) -> SubmissionResult | None:
        """The result of an earlier run, if nothing that it depends on has changed since.

        Points that humans gave meanwhile are in it. None where the submission must be graded. Call
        it before grading: what `write` keeps belongs to the files as they are now, even if they
        change meanwhile.

        Parameters
        ----------
        found : FoundSubmission
        seed : int, optional
            Only a result that was made with this seed.
        force : bool
            Use no kept result.
        """
        digest = self._digests[found.student] = self._cache.digest(found)
        kept = None if force else self._cache.get(found.student, digest, seed)
        if kept is None or not self._stands(kept.result):
            return None
        self._unique[found.student] = kept.unique
        return _with_human_grades(self._marks.get(found.student, {}), kept.result)

    def write(self, found: FoundSubmission, outcome: Outcome, seed: int) -> SubmissionResult:
        """Write one outcome down; gives the result as it stands, with the points of humans.

        Raises
        ------
        RecordingError
            If the disk or the gradebook does not take it. Other submissions are not touched.
        """
        self._unique[found.student] = outcome.unique
        try:
            return self._write(found, outcome, seed)
        except (OSError, SQLAlchemyError) as error:
            reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise RecordingError(
                f"{found.student}: the result can't be written below {self.output} ({reason}); "
                "make room or make it writable, then grade again"
            ) from error

    def _write(self, found: FoundSubmission, outcome: Outcome, seed: int) -> SubmissionResult:
        self._cache.forget(found.student)  # before the gradebook changes: kept results never differ
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
        )
        write_whole(self._page(found.student), page)
        if outcome.final:
            self._cache.put(self._digests[found.student], seed, result, outcome)
        return result

    def twins(self) -> dict[str, list[str]]:
        """Student → a line for each thing that others handed in, too."""
        artifacts = self.assignment.folder / "artifacts"
        return name_twins(self._unique, models_of(artifacts, self.assignment.artifacts))

    @cached_property
    def _marks(self) -> dict[str, dict[str, Mark]]:
        """The gradebook as this run found it: read once, and only where kept results are used."""
        return self._store.marks_of_class()

    @cached_property
    def _recorded(self) -> set[str]:
        return self._store.students()

    def _page(self, student: str) -> Path:
        slug = self.assignment.slug
        return self.output / "feedback" / student / slug / f"{slug}.html"

    def _stands(self, result: SubmissionResult) -> bool:
        """Whether all that was written for a kept result is still there and says the same."""
        slug, student = self.assignment.slug, result.student
        notebook = self.output / "autograded" / student / slug / f"{slug}.ipynb"
        written = notebook.is_file() and self._page(student).is_file()
        marks = self._marks.get(student, {}) if written and student in self._recorded else {}
        return bool(marks) and all(
            _is_marked(marks.get(question.id), question.points) for question in result.questions
        )


def _is_marked(mark: Mark | None, points: float) -> bool:
    """Whether the gradebook has these points: another program may have written others since."""
    if mark is None:
        return False
    return mark.by_hand is not None or math.isclose(mark.automatic or 0.0, points, abs_tol=1e-9)


def _with_human_grades(marks: Mapping[str, Mark], result: SubmissionResult) -> SubmissionResult:
    """A kept result with the points that humans have given by now."""
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
