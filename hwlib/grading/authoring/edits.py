"""Applies EDITS: makes a wrong or right solution by changing lines of the reference."""

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
    """Make a variant's edits in the solution cells.

    Parameters
    ----------
    variant : Variant
        A variant with edits. If it names definitions in `replaces`, the old lines are looked for
        only in these.
    cells : Mapping[str, str]
        The reference's code by grade id.

    Raises
    ------
    AuthoringError
        If an old line is in no place or in several, if an edit changes nothing, if two edits
        change the same line, or if the result is not valid Python.
    """
    where = list(_searched(variant, cells))
    placed = [_placed(variant, edit, where, cells) for edit in variant.edits]
    result = dict(cells)
    for grade_id in dict.fromkeys(place.grade_id for place in placed):
        here = sorted((p for p in placed if p.grade_id == grade_id), key=lambda place: place.begin)
        for one, other in pairwise(here):
            if other.begin < one.end:
                _fault(
                    variant,
                    other.edit,
                    "changes a line that another entry changes, too; join the two entries",
                )
        result[grade_id] = _made(variant, here, cells[grade_id])
    return result


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a cell from `begin` to `end` − 1, counted from 0."""

    grade_id: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Placed(_Lines):
    """The lines that an edit replaces."""

    edit: Edit


def _searched(variant: Variant, cells: Mapping[str, str]) -> Iterator[_Lines]:
    """Where to look for old lines: in all solution cells, or in the definitions of REPLACES."""
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
                f"cannot be found, because REPLACES has {name!r}, which no solution cell of "
                f"source/ defines; use one of: {', '.join(dict.fromkeys(all_names(cells)))}",
            )
        yield from found


def _placed(
    variant: Variant, edit: Edit, where: Sequence[_Lines], cells: Mapping[str, str]
) -> _Placed:
    """Find the one place that has the old lines."""
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
            f"was not found in {searched}{f'; the closest is {near[0]!r}' if near else ''}; "
            "copy the line from notebook.py again",
        )
    if len(found) > 1:
        places = ", ".join(question_of(grade_id) for grade_id, _ in sorted(found))
        _fault(
            variant,
            edit,
            f"is in {len(found)} places in {searched} (cells: {places}); add the line above or "
            "below it to the old line, or name the definition in REPLACES",
        )
    ((grade_id, begin),) = found
    return _Placed(grade_id, begin, begin + len(old), edit)


def _bare(line: str) -> str:
    """The part of a line that is compared: no indentation, no comment after the code."""
    return code_and_comment(line)[0] or line.strip()


def _made(variant: Variant, placed: Sequence[_Placed], source: str) -> str:
    """Make the edits in a cell. If a block would become empty, put `pass` in it."""
    lines = source.split("\n")
    for place in placed:
        old = [(_indent(line), _bare(line)) for line in lines[place.begin : place.end]]
        new = [(_indent(line), _bare(line)) for line in _new_lines(place, lines, "")]
        if old == new:
            _fault(variant, place.edit, "is the same as the new line; change one of them")
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
            f"is replaced by code that makes the cell {name} invalid Python: {error.msg}; correct "
            "the new line",
        )
    return with_pass


def _with(lines: Sequence[str], placed: Sequence[_Placed], filler: str) -> str:
    result = list(lines)
    for place in reversed(placed):
        result[place.begin : place.end] = _new_lines(place, lines, filler)
    return "\n".join(result)


def _new_lines(place: _Placed, lines: Sequence[str], filler: str) -> list[str]:
    """The lines that replace the old ones, indented like the first of those."""
    text = place.edit.new if place.edit.new.strip() else filler
    return indented(text, _indent(lines[place.begin])).split("\n") if text else []


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _fault(variant: Variant, edit: Edit, message: str) -> NoReturn:
    shown = edit.old if len(edit.old) <= 60 else f"{edit.old[:57]}…"
    raise AuthoringError(variant.path, edit.line, f"EDITS: the old line {shown!r} {message}")
