"""Checks the markers of a cell, and puts a whole cell of statements into a solution region.

The markers are those of nbgrader: `### BEGIN SOLUTION` … `### END SOLUTION` in solutions and
answers, `### BEGIN HIDDEN TESTS` in tests, `### BEGIN MARK SCHEME` in tasks.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

from hwlib.errors import AuthoringError
from hwlib.grading.authoring.headers import a_role
from hwlib.grading.authoring.written import WrittenCell
from hwlib.grading.cells import MARKER, tree_of

__all__ = ["PART", "check_markers", "with_region"]

PART = "with check.part("

# what nbgrader takes for a marker anywhere in a line, and what an author may have meant as one
_RESERVED = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)")
_NEARLY = re.compile(
    r"^\s*#+\s*(begin|end)[\s_-]*(the\s+)?(solutions?|hidden|hidden[\s_-]*tests?|tests?|answers?|mark(ing)?[\s_-]*scheme)\s*$",
    re.IGNORECASE,
)
_HOME = {
    "SOLUTION": ("solution", "answer"),
    "HIDDEN TESTS": ("test",),
    "MARK SCHEME": ("task",),
}
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def with_region(cell: WrittenCell) -> WrittenCell:
    """A solution of statements without a region is one region; every other cell stays as it is.

    A function or class without a region stays as it is, too, so that `check_markers` names it:
    students would not even get its name. A cell magic in the first line stays above the region.
    """
    if cell.role != "solution" or _RESERVED.search(cell.source):
        return cell
    lines = cell.source.split("\n")
    tree = tree_of(cell.source)
    if any(map(_NEARLY.match, lines)) or tree is None or not tree.body:
        return cell
    if any(isinstance(node, _DEFINITIONS) for node in tree.body):
        return cell
    above = 1 if lines[0].startswith("%%") else 0
    if above == len(lines):
        return cell
    places = [cell.source_line + i for i in range(len(lines))]
    return replace(
        cell,
        source="\n".join([*lines[:above], _BEGIN, *lines[above:], _END]),
        places=(*places[:above], places[above], *places[above:], places[-1]),
    )


def check_markers(path: Path, cell: WrittenCell) -> None:
    """Raise AuthoringError for a marker that is unbalanced, misspelt or in the wrong cell, and for
    a cell without the region that it needs.
    """
    opened: tuple[str, int] | None = None
    closed: set[str] = set()
    in_parts = cell.role == "test" and PART in cell.source  # each may have hidden tests
    for number, text in zip(cell.lines, cell.source.split("\n"), strict=True):
        marker = MARKER.match(text)
        if not marker:
            _check_no_marker(path, number, cell, text)
            below = opened is None and "HIDDEN TESTS" in closed
            if text.strip() and below and not in_parts:
                raise AuthoringError(
                    path,
                    number,
                    "found a line below END HIDDEN TESTS, but hidden tests must come last in their "
                    "cell; move the line up",
                )
            continue
        what = marker["what"]
        if cell.role not in _HOME[what]:
            homes = " or ".join(_HOME[what])
            raise AuthoringError(
                path,
                number,
                f"found a {what} marker in {a_role(cell.role)} cell; move it to {a_role(homes)} "
                "cell",
            )
        if marker["edge"] == "BEGIN":
            if opened:
                raise AuthoringError(
                    path,
                    number,
                    f"BEGIN {what} inside the region that begins in line {opened[1]}; "
                    f"close that region first with ### END {opened[0]}",
                )
            if what == "HIDDEN TESTS" and what in closed and not in_parts:
                raise AuthoringError(
                    path, number, "a second BEGIN HIDDEN TESTS in this cell; join the two regions"
                )
            opened = (what, number)
        elif opened is None:
            raise AuthoringError(
                path, number, f"END {what} without BEGIN {what}; add the opening marker"
            )
        else:
            closed.add(what)
            opened = None
    if opened:
        raise AuthoringError(
            path,
            opened[1],
            f"BEGIN {opened[0]} without END {opened[0]} in this cell; add the closing marker",
        )
    if cell.role in ("solution", "answer") and "SOLUTION" not in closed:
        raise AuthoringError(
            path,
            cell.line,
            f'{cell.role}="{cell.name}" has no solution region; put the lines that students must '
            "not see between ### BEGIN SOLUTION and ### END SOLUTION",
        )


def _check_no_marker(path: Path, number: int, cell: WrittenCell, text: str) -> None:
    if _NEARLY.match(text):
        raise AuthoringError(
            path,
            number,
            f"unknown marker {text.strip()!r}; known: ### BEGIN SOLUTION, ### END SOLUTION, "
            "### BEGIN HIDDEN TESTS, ### END HIDDEN TESTS, ### BEGIN MARK SCHEME, "
            "### END MARK SCHEME",
        )
    if found := _RESERVED.search(text):
        raise AuthoringError(
            path,
            number,
            f"nbgrader would treat this line as a marker, because it contains {found[0]!r}; put "
            f"`### {found[0]}` on a line of its own, or reword the line",
        )
    if cell.cell_type == "code" and "AUTOTEST" in text:
        raise AuthoringError(
            path, number, "hwlib does not support nbgrader's AUTOTEST; write a check instead"
        )
