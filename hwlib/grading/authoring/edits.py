"""A wrong or right solution that is the reference with some lines changed: EDITS."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

from hwlib.errors import AuthoringError
from hwlib.grading.authoring.definitions import all_names, defining_statements, first_line
from hwlib.grading.authoring.written import Edit, Variant
from hwlib.grading.cells import code_and_comment, indented, parse_cell, question_of, tree_of

__all__ = ["edited"]


def edited(variant: Variant, cells: Mapping[str, str]) -> dict[str, str]:
    """The solution cells with a variant's edits made.

    Parameters
    ----------
    variant : Variant
        With edits. If it names definitions in `replaces`, the old lines are looked for in these
        alone.
    cells : Mapping[str, str]
        The reference's code by grade id.

    Raises
    ------
    AuthoringError
        If the old line of an edit stands nowhere or in several places, if it changes nothing, if
        two edits change one line, or if the result is not valid Python.
    """
    where = list(_searched(variant, cells))
    placed = [_placed(variant, edit, where, cells) for edit in variant.edits]
    result = dict(cells)
    for grade_id in dict.fromkeys(place.grade_id for place in placed):
        here = sorted((p for p in placed if p.grade_id == grade_id), key=lambda place: place.begin)
        for one, other in pairwise(here):
            if other.begin < one.end:
                _fault(
                    variant, other.edit, "changes a line that another entry changes too; join them"
                )
        result[grade_id] = _made(variant, here, cells[grade_id])
    return result


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of a cell, from `begin` up to `end`, counted from 0."""

    grade_id: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Placed(_Lines):
    """The lines that an edit replaces."""

    edit: Edit


def _searched(variant: Variant, cells: Mapping[str, str]) -> Iterator[_Lines]:
    """Where old lines are looked for: in all solution cells, or in the definitions of REPLACES."""
    if not variant.replaces:
        for grade_id, source in cells.items():
            yield _Lines(grade_id, 0, source.count("\n") + 1)
    for name in variant.replaces:
        found = [
            _Lines(grade_id, first_line(node) - 1, node.end_lineno or node.lineno)
            for grade_id, source in cells.items()
            for node in defining_statements(source, name)
        ]
        if not found:
            _fault(
                variant,
                variant.edits[0],
                f"REPLACES has {name!r}, which no solution cell of source/ defines; there are: "
                f"{', '.join(all_names(cells))}",
            )
        yield from found


def _placed(
    variant: Variant, edit: Edit, where: Sequence[_Lines], cells: Mapping[str, str]
) -> _Placed:
    """The one place in which the old lines stand."""
    old = [_bare(line) for line in edit.old.split("\n")]
    bare = {grade_id: [_bare(line) for line in cells[grade_id].split("\n")] for grade_id in cells}
    found = {
        (part.grade_id, i)
        for part in where
        for i in range(part.begin, part.end - len(old) + 1)
        if bare[part.grade_id][i : i + len(old)] == old
    }
    searched = " or ".join(variant.replaces) or "the solution cells"
    if not found:
        lines = [line for part in where for line in bare[part.grade_id][part.begin : part.end]]
        near = next((difflib.get_close_matches(line, lines, n=1) for line in old if line), [])
        _fault(
            variant,
            edit,
            f"stands nowhere in {searched}{f'; the nearest is {near[0]!r}' if near else ''}; "
            "copy the line from notebook.py again",
        )
    if len(found) > 1:
        places = ", ".join(question_of(grade_id) for grade_id, _ in sorted(found))
        _fault(
            variant,
            edit,
            f"is in {len(found)} places of {searched} (cells: {places}); add the line above or "
            "below to the old line, or name the definition in REPLACES",
        )
    ((grade_id, begin),) = found
    return _Placed(grade_id, begin, begin + len(old), edit)


def _bare(line: str) -> str:
    """A line as it is compared: without indentation, and without a comment behind code."""
    return code_and_comment(line)[0] or line.strip()


def _made(variant: Variant, placed: Sequence[_Placed], source: str) -> str:
    """A cell with edits made; where a line that goes was all of a block, `pass` takes its place."""
    lines = source.split("\n")
    for place in placed:
        old = [(_indent(line), _bare(line)) for line in lines[place.begin : place.end]]
        new = [(_indent(line), _bare(line)) for line in _new_lines(place, lines, "")]
        if old == new:
            _fault(variant, place.edit, "stays as it is; change the new line")
    without, with_pass = (_with(lines, placed, filler) for filler in ("", "pass"))
    if tree_of(without):
        return without
    try:
        parse_cell(with_pass)
    except SyntaxError as error:
        name = question_of(placed[0].grade_id)
        _fault(
            variant,
            placed[0].edit,
            f"leaves code that is not valid Python in the cell {name}: {error.msg}; correct it",
        )
    return with_pass


def _with(lines: Sequence[str], placed: Sequence[_Placed], filler: str) -> str:
    result = list(lines)
    for place in reversed(placed):
        result[place.begin : place.end] = _new_lines(place, lines, filler)
    return "\n".join(result)


def _new_lines(place: _Placed, lines: Sequence[str], filler: str) -> list[str]:
    """What stands in the place of the old lines, indented as the first of them."""
    text = place.edit.new if place.edit.new.strip() else filler
    return indented(text, _indent(lines[place.begin])).split("\n") if text else []


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _fault(variant: Variant, edit: Edit, message: str) -> NoReturn:
    shown = edit.old if len(edit.old) <= 60 else f"{edit.old[:57]}…"
    raise AuthoringError(variant.path, edit.line, f"EDITS: the old line {shown!r} {message}")
