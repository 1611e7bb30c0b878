"""A wrong or right solution in the place of the reference's code."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from hwlib.errors import AuthoringError
from hwlib.grading.authoring.definitions import (
    all_names,
    defining_statements,
    first_line,
    is_definition,
    names_set_by,
)
from hwlib.grading.authoring.edits import edited
from hwlib.grading.authoring.written import SETTINGS, Variant
from hwlib.grading.cells import indented

__all__ = ["spliced"]


def spliced(variant: Variant, cells: Mapping[str, str]) -> dict[str, str]:
    """The solution cells with the variant's definitions, or its edits, in them.

    Parameters
    ----------
    variant : Variant
        A wrong or right solution.
    cells : Mapping[str, str]
        The reference's code of each solution cell by grade id, without markers.

    Raises
    ------
    AuthoringError
        If the cells have no such definition or line, or several such lines.
    """
    parts = _parts(variant)
    result = edited(variant, cells) if variant.edits else dict(cells)
    for name, replacement in parts.replacements.items():
        grade_id = _defining_cell(variant, name, result)
        result[grade_id] = _splice(variant, result[grade_id], name, replacement)
    # later cells see what stands there
    first = next((grade_id for grade_id in cells if result[grade_id] != cells[grade_id]), "")
    if parts.front and first:
        result[first] = "\n".join([*parts.front, "", result[first]])
    return result


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a variant's file holds: what goes in front, and the replacement of each name, as source
    lines at the margin.
    """

    front: list[str]
    replacements: dict[str, list[str]]


def _parts(variant: Variant) -> _Parts:
    """Sort the file's statements: definitions that replace something, and all others; comments go
    with what is below them.
    """
    lines = variant.source.split("\n")
    short = _short_names(variant)
    front: list[str] = []
    replacements: dict[str, list[str]] = {name: [] for name in variant.replaces}
    end, current = 0, None
    for node in ast.parse(variant.source).body:
        start, begin = end, first_line(node)
        end = node.end_lineno or begin
        if _is_setting(node):
            continue
        above = [line for line in lines[start : begin - 1] if line.lstrip().startswith("#")]
        name = next((short[name] for name in names_set_by(node) if name in short), None)
        if not is_definition(node) and not isinstance(node, ast.Import | ast.ImportFrom):
            # a variable may take several statements; what is between them stays there
            name = current = name or current
        place = front if name is None else replacements[name]
        place += [*above, *lines[begin - 1 : end], *([""] if name is None and begin < end else [])]
    for name, found in replacements.items():
        if bool(found) == bool(variant.edits):
            short_name = name.rpartition(".")[2]
            _fault(
                variant,
                f"the file defines {short_name!r} and has EDITS of it too; keep one of them"
                if found
                else f"REPLACES has {name!r}, but the file defines no {short_name!r}; add the "
                "definition",
            )
    return _Parts(
        front,
        {
            name: found
            for name, found in replacements.items()
            if found and name not in variant.models
        },
    )


def _short_names(variant: Variant) -> dict[str, str]:
    """The names of REPLACES by their last part, as the file defines them."""
    short = {name.rpartition(".")[2]: name for name in variant.replaces}
    if len(short) < len(variant.replaces):
        _fault(
            variant,
            f"REPLACES has two names that end alike: {', '.join(variant.replaces)}; put them into "
            "two files",
        )
    return short


def _is_setting(node: ast.stmt) -> bool:
    """Whether a statement says something about the solution: REPLACES, … or the docstring."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in SETTINGS
        case ast.Expr(value=ast.Constant()):
            return True
    return False


def _defining_cell(variant: Variant, name: str, cells: Mapping[str, str]) -> str:
    for grade_id, source in reversed(tuple(cells.items())):
        if defining_statements(source, name):
            return grade_id
    _fault(
        variant,
        f"REPLACES has {name!r}, which no solution cell of source/ defines; there are: "
        f"{', '.join(all_names(cells))}",
    )


def _splice(variant: Variant, source: str, name: str, replacement: list[str]) -> str:
    """Put `replacement` in the place of a definition; everything else stays as it is, byte for
    byte.

    A variable that several statements make (`answers = {}`, then `answers["x"] = …`) can't be cut
    out without breaking what stands between them: the replacement then follows the last of them.
    """
    lines = source.split("\n")
    found = defining_statements(source, name)
    node = found[-1]
    begin, end = first_line(node), node.end_lineno or node.lineno
    indent = lines[begin - 1][: node.col_offset]
    behind = lines[end - 1].encode()[node.end_col_offset :].decode().strip()
    if indent.strip() or behind.startswith(";"):
        _fault(
            variant,
            f"{name} shares a line of source/ with another statement; give it a line of its own in "
            "notebook.py",
        )
    keep = len(found) > 1 or not (
        is_definition(node) or set(names_set_by(node)) == {name.rpartition(".")[2]}
    )
    keep = keep or isinstance(
        node, ast.For | ast.While | ast.If | ast.With | ast.Try | ast.AugAssign
    )
    code = indented("\n".join(replacement), indent)
    return "\n".join([*lines[: end if keep else begin - 1], code, *lines[end:]])


def _fault(variant: Variant, message: str) -> NoReturn:
    lines = variant.source.split("\n")
    line = next((i for i, text in enumerate(lines, 1) if text.startswith("REPLACES")), 0)
    raise AuthoringError(variant.path, line, message)
