"""Finds what humans have to grade: for each question the answers, the same ones together."""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from hwlib.errors import CourseError, SubmissionError
from hwlib.grading.answer_key import AnswerKey, KeyCell, load_key
from hwlib.grading.course import Assignment
from hwlib.grading.records.autograded import content_of
from hwlib.grading.records.database import shown
from hwlib.grading.records.feedback import groups, own_cells
from hwlib.grading.records.harmless import as_written
from hwlib.grading.records.marks import GradebookView, Mark, recorded_view
from hwlib.grading.submissions.reading import read_submission

__all__ = ["ByHand", "Same", "answers_by_hand"]


@dataclass(frozen=True, slots=True)
class Same:
    """Students with the same answer, to whom humans have given the same so far."""

    key: str  # digest of the answer
    answer: str
    students: tuple[str, ...]
    points: float | None  # that a human gave
    comment: str
    waits: bool = False  # the points are for an earlier answer or automatic score


@dataclass(frozen=True, slots=True)
class ByHand:
    """One question with its answers, the most frequent first."""

    question: str
    comment_on: str  # the cell that a comment is written on
    title: str
    max_points: float
    rubric: str
    groups: tuple[Same, ...]
    keys: Mapping[str, str]  # student → digest of the answer


def answers_by_hand(
    assignment: Assignment, output: Path, db_url: str | None = None
) -> list[ByHand]:
    """The questions that a human has graded or must grade, with their answers.

    Answers are the same if nothing but blanks at the ends of lines and empty lines differs.

    Raises
    ------
    CourseError
        If nobody's submission is graded.
    GradingError
        If the gradebook can't be read.
    """
    view = recorded_view(assignment, output, db_url)
    if view is None or not view.marks:
        where = shown(db_url) if db_url else output / "gradebook.db"
        raise CourseError(
            f"{where}: no submission of {assignment.slug} is graded; "
            f"run `hw grade {assignment.slug}` first"
        )
    key = load_key(assignment)
    wanted = {cell.name: _who(cell.name, view.marks) for cell in key.questions}
    students = sorted(set().union(*wanted.values()))
    notebooks = {student: _notebooks(assignment, output, student) for student in students}
    return [
        _by_hand(cell, key, wanted[cell.name], notebooks, view)
        for cell in key.questions
        if wanted[cell.name]
    ]


def _who(question: str, marks: Mapping[str, Mapping[str, Mark]]) -> list[str]:
    """The students whose answer a human has graded or must grade."""
    return [
        student
        for student, mine in sorted(marks.items())
        if (mark := mine.get(question)) and (mark.by_hand is not None or _waits(mark))
    ]


def _waits(mark: Mark) -> bool:
    """A hand-in that can't be read has automatic points, and no answer that could be graded."""
    return mark.needs_look and mark.automatic is None


def _notebooks(assignment: Assignment, output: Path, student: str) -> dict[str, NotebookNode]:
    """Name → notebook, as graded, for those that can be read."""
    folder, found = output / "autograded" / student / assignment.slug, {}
    for name in assignment.stems:
        with contextlib.suppress(SubmissionError):
            found[name] = read_submission(folder / f"{name}.ipynb")
    return found


def _by_hand(
    cell: KeyCell,
    key: AnswerKey,
    students: Iterable[str],
    notebooks: Mapping[str, Mapping[str, NotebookNode]],
    view: GradebookView,
) -> ByHand:
    answered = _cells_of(cell, key)
    given = {other.source for other in key.cells if not other.grade_id}
    comment_on = answered[-1].name
    found = defaultdict[tuple[str, float | None, str, bool], list[str]](list)
    texts, keys = dict[str, str](), dict[str, str]()
    for student in students:
        notebook = notebooks[student].get(cell.notebook or key.slug)
        cells = _own(notebook, answered, given)
        digest = keys[student] = _digest("\n\n".join(map(content_of, cells)).strip())
        texts.setdefault(digest, "\n\n".join(map(_text, cells)).strip())
        comment = view.comments.get(student, {}).get(comment_on, "")
        mark = view.marks[student][cell.name]
        waits = mark.needs_look and mark.by_hand is not None
        found[digest, mark.by_hand, comment, waits].append(student)
    ordered = sorted(found.items(), key=lambda one: (-len(one[1]), one[1]))
    return ByHand(
        cell.name,
        comment_on,
        cell.title,
        cell.points,
        "\n\n".join(one.source.strip() for one in answered),
        tuple(
            Same(digest, texts[digest], tuple(names), points, comment, waits)
            for (digest, points, comment, waits), names in ordered
        ),
        keys,
    )


def _cells_of(question: KeyCell, key: AnswerKey) -> list[KeyCell]:
    """The cells that a question is about: a written answer itself, a test's solutions."""
    if question.role != "test":
        return [question]
    for group in groups(key):
        if question in group:
            return [cell for cell in group if cell.role == "solution"] or [question]
    return [question]


def _own(
    notebook: NotebookNode | None, cells: Sequence[KeyCell], given: Collection[str]
) -> list[NotebookNode]:
    if notebook is None:
        return []
    return [other for cell in cells for other in own_cells(notebook.cells, cell, given)]


def _text(cell: NotebookNode) -> str:
    return str(cell.source) if cell.cell_type == "code" else as_written(cell.source)


def _digest(text: str) -> str:
    """Begins with a letter: a spreadsheet takes 012345678901 and 1234567e8901 for numbers."""
    lines = [line.rstrip() for line in text.splitlines()]
    same = "\n".join(line for line in lines if line)
    return f"k{hashlib.sha256(same.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
