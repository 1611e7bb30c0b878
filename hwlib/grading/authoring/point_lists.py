"""Cuts a test with a list of points into parts: `points=[1, 2, 1]` gives each assertion its own.

Otter's notebooks have such lists, with one number for each test case.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

from hwlib.errors import AuthoringError
from hwlib.grading.authoring.written import WrittenCell
from hwlib.grading.cells import indented, tree_of
from hwlib.grading.parts import PartFault, can_fail, parts_of

__all__ = ["in_listed_parts"]


def in_listed_parts(path: Path, cell: WrittenCell) -> WrittenCell:
    """The same cell with each assertion at its left margin in a part; as it is without a list.

    A test that has parts already keeps them: then its list must have their points.

    Raises
    ------
    AuthoringError
        If the list has another length than the test has assertions, or says other points than the
        parts.
    """
    tree = tree_of(cell.source)
    if not cell.points_of_each or tree is None:  # a cell that is not Python has its own error
        return cell
    said = f"points=[{', '.join(f'{one:g}' for one in cell.points_of_each)}]"
    if own := _own_parts(cell.source):
        if own != cell.points_of_each:
            raise AuthoringError(
                path,
                cell.line,
                f"{said}, but the parts of this test have {', '.join(f'{one:g}' for one in own)}; "
                "leave points out",
            )
        return cell
    found = [node for node in tree.body if can_fail(node)]
    starts = [node.lineno for node in tree.body]
    shared = [node for node in found if starts.count(node.lineno) > 1]
    if shared or len(found) != len(cell.points_of_each):
        lines = ", ".join(str(cell.lines[node.lineno - 1]) for node in found)
        where = f" (line{'s' * (len(found) != 1)} {lines})" if found else ""
        raise AuthoringError(
            path,
            cell.line,
            f"{said} has {len(cell.points_of_each)} numbers, but the test has {len(found)} "
            f"assertions at its left margin{where}; write one number for each, and each assertion "
            "on lines of its own",
        )
    return _cut(cell, found)


def _own_parts(source: str) -> tuple[float, ...]:
    try:
        return tuple(part.points for part in parts_of(source))
    except PartFault:  # it has its own error
        return ()


def _cut(cell: WrittenCell, found: list[ast.stmt]) -> WrittenCell:
    lines, places = cell.source.split("\n"), list(cell.lines)
    for number, node in reversed([*enumerate(found, 1)]):
        first, end = node.lineno - 1, node.end_lineno or node.lineno
        head = f'with check.part({cell.points_of_each[number - 1]:g}, "case {number}"):'
        body = indented("\n".join(lines[first:end]), "    ").split("\n")
        lines[first:end] = [head, *body]
        places[first:end] = [places[first], *places[first:end]]
    return replace(cell, source="\n".join(lines), places=tuple(places))
