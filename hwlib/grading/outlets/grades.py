"""Makes the table of grades that other systems import: plain CSV, Canvas, Moodle, Gradescope.

Every cell is text that a spreadsheet does not take for a formula. Scores are those of
`records.marks.with_marks`, as everywhere.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from hwlib.grading.outlets.roster import (
    EMAILS,
    FIRST,
    IDENTIFIER,
    LAST,
    NAMES,
    Roster,
    bare,
    first_of,
)
from hwlib.grading.records.class_results import ClassResults, Recorded
from hwlib.grading.texts import counted, for_csv

__all__ = ["FORMATS", "Format", "GradeTable", "grade_table"]

Format = Literal["csv", "canvas", "moodle", "gradescope"]
GRADES = {"grade": "maximum grade", "bewertung": "bestwertung"}  # headings of Moodle's worksheet
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
GRADESCOPE_STATUS = {"graded": "Graded", "needs_manual": "Ungraded", "rejected": "Ungraded"}


@dataclass(frozen=True, slots=True)
class Person:
    """A student of the class or of the roster."""

    student: str  # the name of the folder that was handed in, or the roster's id
    values: Mapping[str, str]  # the roster's row by heading in lower case; empty without a roster
    recorded: Recorded | None  # None: nothing was handed in

    @property
    def name(self) -> str:
        """The full name, as far as the roster tells it."""
        whole = first_of(self.values, NAMES)
        return whole or f"{first_of(self.values, FIRST)} {first_of(self.values, LAST)}".strip()

    @property
    def first_and_last(self) -> tuple[str, str]:
        """The name in two parts; "Lovelace, Ada" is taken apart."""
        first, last = first_of(self.values, FIRST), first_of(self.values, LAST)
        if first or last:
            return first, last
        if "," in self.name:
            last, _, first = self.name.partition(",")
            return first.strip(), last.strip()
        first, _, last = self.name.rpartition(" ")
        return first, last

    @property
    def score(self) -> str:
        """The points, or "" for who handed in nothing."""
        return "" if self.recorded is None else number(self.recorded.result.score)

    def value(self, *headings: str) -> str:
        """The roster's value in the first of these columns that has one."""
        return first_of(self.values, headings)


@dataclass(frozen=True, slots=True)
class GradeTable:
    """A table of grades, and what an instructor should know about it."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    students: int  # with a score
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()  # graded students who are not in the roster, so not in the table

    def to_csv(self) -> str:
        """As CSV without formulas."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([for_csv(cell) for cell in row] for row in (self.headings, *self.rows))
        return text.getvalue()


def number(points: float) -> str:
    """Points without the digits that adding floats leaves.

    >>> number(0.1 + 0.2), number(8.0)
    ('0.3', '8')
    """
    return f"{points:.10g}"


def grade_table(
    results: ClassResults, form: Format = "csv", roster: Roster | None = None
) -> GradeTable:
    """The grades of a class as a table.

    Parameters
    ----------
    results : ClassResults
    form : {"csv", "canvas", "moodle", "gradescope"}
    roster : Roster, optional
        Names, emails, and the numbers that Canvas and Moodle need. With it, the table has all
        students of the roster and nobody else.
    """
    people = list(_people(results, roster))
    known = [one for one in people if roster is None or one.values]
    headings, rows = FORMATS[form](results, known, roster)
    waiting = sum(
        1 for one in known if one.recorded and one.recorded.result.status == "needs_manual"
    )
    unread = sum(1 for one in known if one.recorded and one.recorded.result.status == "rejected")
    absent = sum(1 for one in known if one.recorded is None)
    notes = [
        f"{counted(count, 'submission')} {one if count == 1 else many}"
        for count, one, many in (
            (
                waiting,
                "still waits for a human, so this score can rise",
                "still wait for a human, so these scores can rise",
            ),
            (
                unread,
                "could not be read and counts 0 points so far",
                "could not be read and count 0 points so far",
            ),
        )
        if count
    ]
    if absent:
        notes.append(f"{absent} of the roster handed in nothing; their cells are empty")
    return GradeTable(
        tuple(headings),
        tuple(tuple(row) for row in rows),
        sum(1 for one in known if one.recorded),
        tuple(notes),
        tuple(one.student for one in people if roster is not None and not one.values),
    )


def _people(results: ClassResults, roster: Roster | None) -> Iterator[Person]:
    """Students in the order of the roster; those whom it does not have come last."""
    if roster is None:
        for one in results.submissions:
            yield Person(one.result.student, {}, one)
        return
    found: dict[str, Recorded] = {}
    unknown = []
    for one in results.submissions:
        student = roster.id_of(one.result.student)
        if student is None or student in found:
            unknown.append(one)
        else:
            found[student] = one
    for student, values in roster.rows.items():
        yield Person(student, values, found.get(student))
    for one in unknown:
        yield Person(one.result.student, {}, one)


# ---- the formats ---------------------------------------------------------------------------------

Table = tuple[Sequence[str], Iterable[Sequence[str]]]


def _plain(results: ClassResults, people: Sequence[Person], roster: Roster | None) -> Table:
    questions = results.key.questions
    named = ["name", "email"] if roster else []
    fixed = ["status", "score", "max_score", "extra_credit", "late_penalty", "handed_in", "late_s"]
    headings = ["student", *named, *fixed, *(cell.name for cell in questions)]

    def row(one: Person) -> list[str]:
        who = [one.student, *([one.name, one.value(*EMAILS)] if roster else [])]
        recorded = one.recorded
        if recorded is None:
            blank = ["" for _ in range(4)]
            return [
                *who,
                "missing",
                "",
                number(results.max_score),
                *blank,
                *("" for _ in questions),
            ]
        result = recorded.result
        points = {question.id: number(question.points) for question in result.questions}
        return [
            *who,
            result.status,
            number(result.score),
            number(results.max_score),
            number(result.extra_credit),
            number(result.late_penalty),
            recorded.handed_in.isoformat(" ", "seconds") if recorded.handed_in else "",
            number(recorded.late_s),
            *(points.get(cell.name, "") for cell in questions),
        ]

    return headings, map(row, people)


def _canvas(results: ClassResults, people: Sequence[Person], roster: Roster | None) -> Table:
    """The columns that Canvas imports into its gradebook. `ID` is Canvas's own number, which only
    its exported gradebook has; without it, Canvas looks for the SIS ids.
    """
    column = _existing_column(results, roster) or results.assignment.title
    headings = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column]
    points = ["Points Possible", "", "", "", "", number(results.max_score)]

    def row(one: Person) -> list[str]:
        return [
            one.name or one.student,
            one.value("id"),
            one.value("sis user id", "sid", "student id", "id number") or one.student,
            one.value("sis login id", "login", "username") or one.student,
            one.value("section"),
            one.score,
        ]

    return headings, [points, *map(row, people)]


def _existing_column(results: ClassResults, roster: Roster | None) -> str | None:
    """The heading of this assignment in a gradebook of Canvas's: its title, and a number behind."""
    names = {bare(results.assignment.title), bare(results.assignment.slug)}
    for heading in roster.headings if roster else ():
        if bare(re.sub(r"\s*\(\d+\)\s*$", "", heading)) in names:
            return heading
    return None


def _moodle(results: ClassResults, people: Sequence[Person], roster: Roster | None) -> Table:
    """Moodle's grading worksheet with the grades filled in, or else a table for its import of
    grades, in which an instructor says which column identifies the students.
    """
    if roster and (columns := _columns_of_grades(roster)):
        places = [heading.strip().lower() for heading in roster.headings]

        grade, highest = columns

        def filled(one: Person) -> list[str]:
            values = {**one.values, highest: number(results.max_score)}
            if places[0] not in values:  # "ID" of a student of whom there is another id
                values[places[0]] = one.value(IDENTIFIER)
            if one.score or values.get(grade) == "-":  # how Moodle shows that there is no grade
                values[grade] = one.score
            return [values.get(place, "") for place in places]

        return roster.headings, map(filled, people)
    headings = ["First name", "Last name", "ID number", "Email address", results.assignment.title]

    def row(one: Person) -> list[str]:
        identity = one.value("id number", "sid", "student id", "id", "username") or one.student
        return [*one.first_and_last, identity, one.value(*EMAILS), one.score]

    return headings, map(row, people)


def _columns_of_grades(roster: Roster) -> tuple[str, str] | None:
    """In a grading worksheet of Moodle's, in any language, the columns of the grade and of the most
    that can be had, which stands behind it and is the same for everybody; else None.
    """
    places, rows = [one.strip().lower() for one in roster.headings], list(roster.rows.values())
    if not any(IDENTIFIER in row for row in rows):
        return None
    for place, highest in GRADES.items():
        if place in places:
            return place, highest
    for place, highest in reversed([*pairwise(places)]):  # behind them are no numbers
        most = {row.get(highest, "") for row in rows}
        if len(most) == 1 and all(map(NUMBER.fullmatch, most)):
            grades = {row.get(place, "") for row in rows} - {"", "-"}
            if all(map(NUMBER.fullmatch, grades)):
                return place, highest
    return None


def _gradescope(results: ClassResults, people: Sequence[Person], roster: Roster | None) -> Table:
    """The columns of the table that Gradescope's "Download Grades" gives."""
    questions = results.key.questions
    headings = [
        "First Name",
        "Last Name",
        "SID",
        "Email",
        "Sections",
        "Total Score",
        "Max Points",
        "Status",
        "Submission Time",
        "Lateness (H:M:S)",
        *(
            f"{i}: {cell.name} ({cell.points:g} pts{', extra credit' * cell.extra_credit})"
            for i, cell in enumerate(questions, 1)
        ),
    ]

    def row(one: Person) -> list[str]:
        recorded = one.recorded
        points = (
            {question.id: number(question.points) for question in recorded.result.questions}
            if recorded
            else {}
        )
        minutes, seconds = divmod(round(recorded.late_s) if recorded else 0, 60)
        late = f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
        return [
            *one.first_and_last,
            one.value("sid", "student id", "id number", "id") or one.student,
            one.value(*EMAILS),
            one.value("section", "sections"),
            one.score,
            number(results.max_score),
            GRADESCOPE_STATUS[recorded.result.status] if recorded else "Missing",
            f"{recorded.handed_in:%Y-%m-%d %H:%M:%S} +0000"
            if recorded and recorded.handed_in
            else "",
            late if recorded else "",
            *(points.get(cell.name, "") for cell in questions),
        ]

    return headings, map(row, people)


FORMATS: Mapping[Format, Callable[[ClassResults, Sequence[Person], Roster | None], Table]] = {
    "csv": _plain,
    "canvas": _canvas,
    "moodle": _moodle,
    "gradescope": _gradescope,
}
