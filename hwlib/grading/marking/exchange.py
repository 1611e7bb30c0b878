"""Writes a sheet for each question graded by hand, and reads the filled-in sheets.

A sheet has three parts. On top are the question, its rubric and how to fill in the sheet. Then come
comments with short names, which graders add to. Then comes a row for each answer: its key, who gave
it, the answer, the points, a comment, and what the gradebook had when the sheet was written. Only
what a human has changed in a row is read back, and only where the gradebook still has what the
sheet shows.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hwlib.errors import CourseError
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.marking.answers import ByHand, Same, answers_by_hand
from hwlib.grading.marking.sheets import read_tables, write_csv, write_ods
from hwlib.grading.records.by_hand import Given, give
from hwlib.grading.texts import counted, for_terminal

__all__ = ["Imported", "export_sheets", "import_sheets"]

MAX_ANSWER = 20_000  # characters; a cell of a spreadsheet holds 32,767
WIDTHS_CM = (3.0, 5.0, 14.0, 2.2, 7.0, 2.2, 5.0)
HEADINGS = ("key", "students", "answer", "points", "comment", "points before", "comment before")
FREE_COMMENTS = 6  # rows for comments that graders add
SHEET = "hwlib marking sheet"
SHORT = re.compile(r"c\d+")
_ONLY_SHORT = re.compile(r"c\d+([;,\s]+c\d+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has done, or would do."""

    written: tuple[Given, ...]
    conflicts: tuple[str, ...] = ()  # a line each; of these nothing was written
    unchanged: int = 0  # rows in which nobody has changed anything


@dataclass(slots=True)
class _Sheet:
    """A sheet as it was read."""

    question: str
    place: str  # for messages
    comments: dict[str, str] = field(default_factory=dict)  # short name → text
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # number, heading → cell


# ---- export --------------------------------------------------------------------------------------


def export_sheets(
    assignment: Assignment,
    output: Path,
    file: Path,
    *,
    anonymous: bool = False,
    db_url: str | None = None,
) -> list[Path]:
    """Write the sheets; returns the files.

    Parameters
    ----------
    assignment : Assignment
    output : Path
        The folder with the records.
    file : Path
        An .ods file gets a sheet for each question. For a .csv file, each question has a file of
        its own, NAME-QUESTION.csv.
    anonymous : bool
        Show how many students gave an answer, not who.

    Raises
    ------
    CourseError
        If there is nothing to grade by hand, or the file is neither .ods nor .csv.
    """
    kind = file.suffix.lower()
    if kind not in (".ods", ".csv"):
        raise CourseError(f"{file}: expected a name that ends with .ods or .csv")
    found = answers_by_hand(assignment, output, db_url)
    if not found:
        raise CourseError(
            f"{assignment.slug}: no question waits for a human, and none was graded by hand"
        )
    tables = {one.question: [*_table(assignment, one, anonymous)] for one in found}
    if kind == ".ods":
        write_ods(file, tables, WIDTHS_CM)
        return [file]
    files = []
    for name, table in tables.items():
        files.append(file.with_name(f"{file.stem}-{name}.csv"))
        write_csv(files[-1], table)
    return files


def _table(assignment: Assignment, one: ByHand, anonymous: bool) -> Iterator[Sequence[str]]:
    yield SHEET, assignment.slug, one.question, f"{one.max_points:g}", "points at most"
    yield "question", "", one.title
    yield "rubric", "", one.rubric[:MAX_ANSWER]
    yield (
        "how to",
        "",
        "Write the points of each row, and a comment if you like. A comment is text, or names of "
        "the comments below, such as c1; c2. Leave the other columns as they are. Rows without "
        "points and comment stay as they are in the gradebook. If an answer has changed since it "
        "was graded, its points stand under *points before* only: write these again, or others.",
    )
    used = Counter(group.comment for group in one.groups if group.comment)
    texts = [text for text, _ in used.most_common()]
    for i in range(1, len(texts) + FREE_COMMENTS + 1):
        yield f"c{i}", "", texts[i - 1] if i <= len(texts) else ""
    yield HEADINGS
    for group in one.groups:
        points = "" if group.points is None else f"{group.points:.10g}"
        count = len(group.students)
        who = counted(count, "student") if anonymous else ", ".join(group.students)
        shown = "" if group.waits else points
        yield group.key, who, group.answer[:MAX_ANSWER], shown, "", points, group.comment


# ---- import --------------------------------------------------------------------------------------


def import_sheets(
    assignment: Assignment,
    output: Path,
    file: Path,
    *,
    replace: bool = False,
    db_url: str | None = None,
) -> Imported:
    """Write what graders have filled in to the gradebook.

    Parameters
    ----------
    assignment : Assignment
    output : Path
        The folder with the records.
    file : Path
        What `export_sheets` wrote, filled in. A .csv file that is not there means those that were
        written in its place, NAME-QUESTION.csv.
    replace : bool
        In a conflict, the sheet counts. The default is that the gradebook does.

    Raises
    ------
    CourseError
        If a cell can't be read; it lists all of these, and nothing is written.
    GradingError
        If the gradebook can't be written.
    """
    now = {one.question: one for one in answers_by_hand(assignment, output, db_url)}
    faults, conflicts, unchanged = list[str](), list[str](), 0
    given: dict[tuple[str, str], tuple[Given, str]] = {}  # student, question → what, which row
    for sheet in _sheets(_files(file, assignment), assignment):
        question = now.get(sheet.question)
        if question is None:
            conflicts.append(f"{sheet.place}: no answer to {sheet.question} waits for a human now")
            continue
        changed = [*_changed(sheet, question, faults)]
        unchanged += sum(1 for _, row in changed if row is None)
        befores = [(row["key"], *_before(row, sheet.place, [])) for _, row in sheet.rows]
        for place, row in changed:
            if row is None:
                continue
            others = [(points, comment) for key, points, comment in befores if key == row.key]
            new, said = _given(row, question, others, place, replace)
            conflicts += said
            for one in new:
                other, where = given.setdefault((one.student, one.question), (one, place))
                if other != one:
                    faults.append(
                        f"{place}: {where} gives the same answer something else; keep one"
                    )
                    break
    if faults:
        lines = "".join(f"\n  {line}" for line in faults)
        raise CourseError(f"{file}: nothing was written, because of these cells:{lines}")
    all_given = [one for one, _ in given.values()]
    late = give(assignment, output, all_given, db_url) if given else []
    conflicts += [
        f"{one.student}, {one.question}: another human has graded it meanwhile" for one in late
    ]
    written = tuple(one for one in all_given if one not in late)
    return Imported(written, tuple(conflicts), unchanged)


@dataclass(frozen=True, slots=True)
class _Row:
    """What a grader has changed in one row."""

    key: str
    points: float | None
    comment: str | None
    points_before: float | None
    comment_before: str


def _changed(
    sheet: _Sheet, question: ByHand, faults: list[str]
) -> Iterator[tuple[str, _Row | None]]:
    """The place of each row, and what a grader has changed there; None if it is nothing."""
    for number, row in sheet.rows:
        place = f"{sheet.place}:{number}"
        before, comment_before = _before(row, place, faults)
        points = _points(row, question, before, place, faults)
        comment = _comment(row, sheet.comments, place, faults)
        if not row["key"]:
            faults.append(f"{place}: this row has no key; write into the row of the answer")
        waits = any(group.waits for group in question.groups if group.key == row["key"])
        new = points if points != before or waits else None
        is_same = new is None and comment is None
        yield place, None if is_same else _Row(row["key"], new, comment, before, comment_before)


def _before(row: Mapping[str, str], place: str, faults: list[str]) -> tuple[float | None, str]:
    """What the gradebook had when the sheet was written: points and comment."""
    return _number(row["points before"], place, faults), row["comment before"]


def _given(
    row: _Row,
    question: ByHand,
    others: Collection[tuple[float | None, str]],
    place: str,
    replace: bool,
) -> tuple[list[Given], list[str]]:
    """What a row gives to the students who have its answer, and lines about conflicts.

    `others` are points and comments before of all rows with the same answer.
    """
    given, conflicts = [], []
    same = [group for group in question.groups if group.key == row.key]
    if not same:
        return [], [
            f"{place}: nobody has this answer to {question.question} now; write the sheet again "
            "and grade the new answers"
        ]
    for group in same:
        as_shown = _is_shown(group, row.points_before, row.comment_before)
        if not as_shown and (_has(group, row) or any(_is_shown(group, *other) for other in others)):
            continue
        if not as_shown and not replace:
            conflicts.append(
                f"{place}: {', '.join(group.students)}: {question.question} has "
                f"{_shown(group)} in the gradebook, and had "
                f"{_shown(Same('', '', (), row.points_before, row.comment_before))} when the sheet "
                "was written; the gradebook stays. --replace lets the sheet count"
            )
            continue
        given += [
            Given(
                student,
                question.question,
                question.comment_on,
                row.points,
                row.comment,
                group.points,
                group.comment,
            )
            for student in group.students
        ]
    return given, conflicts


def _is_shown(group: Same, points: float | None, comment: str) -> bool:
    """Whether a row shows what a group of students has in the gradebook."""
    if group.points is None or points is None:
        same = group.points is points
    else:
        same = math.isclose(group.points, points, abs_tol=1e-6)  # a sheet has ten digits
    return same and _plain(group.comment) == _plain(comment)


def _plain(text: str) -> str:
    """A comment without what a spreadsheet may change in it."""
    return " ".join(for_terminal(text).split())


def _has(group: Same, row: _Row) -> bool:
    """Whether the gradebook has what the row asks for."""
    same = row.points is None or (row.points == group.points and not group.waits)
    return same and row.comment in (None, group.comment)


def _shown(group: Same) -> str:
    points = "no points" if group.points is None else counted(group.points, "point")
    return f"{points} and the comment {group.comment!r:.60}" if group.comment else points


# ---- reading cells -------------------------------------------------------------------------------


def _files(file: Path, assignment: Assignment) -> list[Path]:
    """The file, or those that `export_sheets` makes in the place of one CSV file."""
    if file.suffix.lower() != ".csv" or file.exists():
        return [file]
    names = [cell.name for cell in load_key(assignment).questions]
    several = [file.with_name(f"{file.stem}-{name}{file.suffix}") for name in names]
    return [path for path in several if path.exists()] or [file]


def _sheets(files: Sequence[Path], assignment: Assignment) -> Iterator[_Sheet]:
    for file in files:
        is_ods = file.suffix.lower() == ".ods"
        found = False
        for number, table in enumerate(read_tables(file), 1):
            place = f"{file}: sheet {number}" if is_ods else str(file)
            sheet = _sheet(table, assignment, place)
            if sheet:
                found = True
                yield sheet
        if not found:
            raise CourseError(
                f"{file}: expected a sheet of `hw marking export`, whose first cell is "
                f"{SHEET!r}; fill in such a sheet and leave its first row as it is"
            )


def _sheet(table: Sequence[Sequence[str]], assignment: Assignment, place: str) -> _Sheet | None:
    """A sheet whose columns may stand in another order; None for one that is a grader's own."""
    lower = [[cell.strip().lower() for cell in cells] for cells in table]
    head = next((i for i, cells in enumerate(lower) if len({*HEADINGS} & {*cells}) > 2), None)
    first = next((i for i, cells in enumerate(table) if SHEET in cells), None)
    if first is None and head is None:
        return None
    columns = [*range(len(HEADINGS))] if head is None else _columns(lower[head], place, head + 1)
    rows = [[cells[i] if i < len(cells) else "" for i in columns] for cells in table]
    if first is None or rows[first][0] != SHEET:
        raise CourseError(
            f"{place}: expected {SHEET!r} above {HEADINGS[0]!r}; leave the first row as it is"
        )
    _, slug, question, *_ = rows[first]
    if slug != assignment.slug:
        raise CourseError(
            f"{place}: expected a sheet of {assignment.slug}, found one of {slug}; name that "
            "assignment, or another file"
        )
    if head is None:
        raise CourseError(f"{place}: the row that begins with {HEADINGS[0]!r} is missing")
    names = {  # a text may have been typed into any cell beside its name
        name.strip().lower(): next(filter(None, map(str.strip, beside)), "")
        for name, *beside in rows[:head]
    }
    comments = {name: text for name, text in names.items() if SHORT.fullmatch(name)}
    return _Sheet(question, place, comments, [*_filled(rows, head + 1)])


def _columns(cells: Sequence[str], place: str, number: int) -> list[int]:
    """Where the column of each heading is."""
    missing = [heading for heading in HEADINGS if heading not in cells]
    if missing:
        raise CourseError(
            f"{place}:{number}: the columns {', '.join(missing)} are missing; leave the row of "
            "headings as it is"
        )
    return [cells.index(heading) for heading in HEADINGS]


def _filled(rows: Sequence[Sequence[str]], start: int) -> Iterator[tuple[int, dict[str, str]]]:
    """The number of each row of an answer, and its cells by heading."""
    for number, cells in enumerate(rows[start:], start + 1):
        row = dict(zip(HEADINGS, cells, strict=True))
        key = row["key"].strip().lower()
        if key:  # sheets of older versions have it without the letter
            key = key if key.startswith("k") else f"k{key}"
        if key or row["points"].strip() or row["comment"].strip():
            yield number, {**row, "key": key}


def _points(
    row: Mapping[str, str], question: ByHand, before: float | None, place: str, faults: list[str]
) -> float | None:
    """The points in a row. Those that nobody has touched may be of an earlier maximum."""
    points = _number(row["points"], place, faults)
    if points is not None and points != before and not 0 <= points <= question.max_points:
        faults.append(
            f"{place}: expected between 0 and {question.max_points:g} points, found {points:g}"
        )
        return None
    return points


def _number(text: str, place: str, faults: list[str]) -> float | None:
    text = text.strip().replace(",", ".")
    if not text:
        return None
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text):
        faults.append(f"{place}: expected a number of points, found {text!r:.40}")
        return None
    return float(text)


def _comment(
    row: Mapping[str, str], comments: Mapping[str, str], place: str, faults: list[str]
) -> str | None:
    """The text of a comment, with the short names in it written out; None for an empty cell."""
    text = row["comment"].strip()
    if not text:
        return None
    only_names = _ONLY_SHORT.fullmatch(text)
    pieces = re.split(r"[;,\s]+", text) if only_names else map(str.strip, text.split(";"))
    parts, named = list[str](), False
    for part in pieces:
        short = part.lower()  # spreadsheets begin a cell with a capital letter
        if SHORT.fullmatch(short):
            named = True
            if not comments.get(short):
                faults.append(
                    f"{place}: there is no text for {short}; write it beside {short} in the upper "
                    "part of the sheet"
                )
            parts.append(comments.get(short, ""))
        else:
            parts.append(part)
    return "\n".join(filter(None, parts)) if named else text
