"""What `hwlib.submit` prints: one headline, what is not in order, a table of points."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hwlib.handin.faults import Fault
from hwlib.handin.rehearsal import Rehearsal, Tried, where_defined
from hwlib.notebooks import Cell, Notebook

__all__ = ["Report", "told"]

WIDTH = 90  # characters of a line
LONGEST = 160  # of a line of the table


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that `submit` has found."""

    slug: str
    path: Path  # the notebook
    notebook: Notebook
    target: Path  # the zip
    unsaved: bool = False
    files: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    edited: tuple[Cell, ...] = ()  # after they ran last
    rehearsal: Rehearsal | None = None
    no_rehearsal: str = ""
    earned: Mapping[str, float] = field(default_factory=dict)  # in the open notebook


def told(report: Report) -> str:
    """The text for the student."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    if report.unsaved:
        yield from _unsaved(report)
        return
    order = _out_of_order(report)
    stopped = report.rehearsal is not None and report.rehearsal.stopped_in is not None
    yield _headline(report, order, stopped)
    for fault in report.faults:
        yield _wrapped(f"- {fault.name}{_in_points(fault.points)}: {fault.why}.")
    for one, why in order:
        yield _wrapped(
            f"- {one.cell.name}{_in_points(report.earned[one.cell.name] - one.points)}: passes in "
            f"this notebook, but not from top to bottom: cell {one.cell.number} works out of order "
            f"only. {why}"
        )
    if stopped:
        yield _wrapped(f"- {_why_stopped(report)}")
    for cell in report.edited:
        yield _wrapped(
            f"- {cell.name}: you have changed this cell since it ran last. What is saved is handed "
            "in; run the cell and its check to see whether it still passes."
        )
    yield from _table(report)
    if _is_ready(report, order, stopped):
        return
    yield _wrapped(f"Packed all the same, as it is: {report.target} ({', '.join(report.files)})")


def _unsaved(report: Report) -> Iterator[str]:
    yield "NOT ready: save first."
    yield _wrapped(
        f"{report.path.name} does not yet hold what you see. Press Ctrl-S (on a Mac ⌘-S), then "
        "run this cell again. Nothing was packed."
    )
    if report.target.is_file():
        yield _wrapped(f"{report.target.name} in this folder is an older one: don't hand it in.")


def _is_ready(report: Report, order: list[tuple[Tried, str]], stopped: bool) -> bool:
    return not report.faults and not order and not stopped


def _headline(report: Report, order: list[tuple[Tried, str]], stopped: bool) -> str:
    if _is_ready(report, order, stopped):
        return f"Ready to hand in: {report.target} ({', '.join(report.files)})"
    at_stake = {id(cell): cell.points for fault in report.faults for cell in fault.questions}
    total = sum(cell.regular_points for cell in report.notebook.questions.values())
    if report.faults:
        count = len(report.faults)
        things = "1 thing is open" if count == 1 else f"{count} things are open"
        return f"NOT ready: {things}, {sum(at_stake.values()):g} of {total:g} points."
    if order:
        count = len(order)
        questions = "1 question works" if count == 1 else f"{count} questions work"
        return f"NOT ready: {questions} out of order only."
    return "NOT ready: the notebook does not run to its end."


def _out_of_order(report: Report) -> list[tuple[Tried, str]]:
    """What passes in the open notebook but not in the rehearsal, each with the reason."""
    if report.rehearsal is None:
        return []
    known = {cell.name for fault in report.faults for cell in fault.questions}
    return [
        (one, _why_out_of_order(one, report.notebook))
        for one in report.rehearsal.tried
        if one.ran
        and one.cell.name not in known
        and one.points < report.earned.get(one.cell.name, 0.0)
    ]


def _why_out_of_order(one: Tried, notebook: Notebook) -> str:
    if not one.lacks:
        return f"There: {one.said}" if one.said else ""
    cells = where_defined(one.lacks, notebook)
    below = [cell for cell in cells if not cell.skipped]
    if below:
        return f"`{one.lacks}` is defined in cell {below[0].number}: move it further up."
    if cells:
        return (
            f"`{one.lacks}` is defined in cell {cells[0].number}, an experiment, which grading "
            "does not run: define it in a cell of your answer."
        )
    return f"`{one.lacks}` is defined in no cell of this notebook: was its cell deleted or renamed?"


def _why_stopped(report: Report) -> str:
    assert report.rehearsal is not None and report.rehearsal.stopped_in is not None
    cell = report.rehearsal.stopped_in
    if report.rehearsal.timed_out:
        return (
            f"The rehearsal was stopped after {report.rehearsal.limit_s:.0f} seconds, in cell "
            f"{cell.number}. Does a loop not end? "
            f'If it only takes long: hwlib.submit("{report.slug}", …, rehearse=True)'
        )
    return (
        f"Cell {cell.number} ends Python itself, so nothing below it runs. Does it call exit(), "
        "or need more memory than there is?"
    )


# ---- the table ----


def _table(report: Report) -> Iterator[str]:
    questions = report.notebook.questions
    written = [cell for cell in questions.values() if cell.role in ("answer", "task")]
    if report.rehearsal is None:
        if report.no_rehearsal:
            yield _wrapped(report.no_rehearsal)
        return
    by_name = {one.cell.name: one for one in report.rehearsal.tried}
    known = {id(cell) for fault in report.faults for cell in fault.questions}  # told above
    width = max(len(name) for name in questions)
    yield ""
    yield "The visible checks, from top to bottom in a fresh Python:"
    for name, cell in questions.items():
        one = by_name.get(name)
        if one is None:
            yield f"  ✎ {name:{width}}  {_counted(cell.points)}, graded by hand"
            continue
        mark = "✓" if one.passed else "✗"
        rest = f", {_counted(one.hidden_points)} by hidden checks" if one.hidden_points else ""
        said = f"  {one.said}" if one.said and id(cell) not in known else ""
        yield _cut(f"  {mark} {name:{width}}  {one.points:>4g} of {cell.points:g}{rest}{said}")
    points = f"{report.rehearsal.points:g} of {report.rehearsal.max_points:g} points"
    by_hand = sum(cell.regular_points for cell in written)
    hidden = report.rehearsal.hidden_points
    more = f", {_counted(hidden)} by hidden checks" if hidden else ""
    more += f", {_counted(by_hand)} by hand" if by_hand else ""
    yield _wrapped(f"{points} by visible checks{more}. Hidden checks try other inputs.")


def _in_points(points: float) -> str:
    if not points:
        return ""
    return f" ({_counted(points)})"


def _counted(points: float) -> str:
    return f"{points:g} point{'' if points == 1 else 's'}"


def _cut(line: str) -> str:
    line = " ".join(line.splitlines())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _wrapped(text: str) -> str:
    return textwrap.fill(
        text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
