"""Puts a wrong or right solution in the place of the reference's code."""

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
from hwlib.grading.cells import indented, question_of

__all__ = ["spliced"]


def spliced(variant: Variant, cells: Mapping[str, str]) -> dict[str, str]:
    """Put the variant's definitions or edits into the solution cells.

    Parameters
    ----------
    variant : Variant
        A wrong or right solution. Where REPLACES names a cell that defines no such name, the code
        of the file takes the place of that whole cell.
    cells : Mapping[str, str]
        The reference's code of each solution cell by grade id, without markers.

    Raises
    ------
    AuthoringError
        If the cells have no such definition or line, or several such lines.
    """
    whole = _whole_cell(variant, cells)
    if whole:
        return {**cells, whole: _body(variant)}
    parts = _parts(variant)
    result = edited(variant, cells) if variant.edits else dict(cells)
    for name, replacement in parts.replacements.items():
        grade_id = _defining_cell(variant, name, result)
        result[grade_id] = _splice(variant, result[grade_id], name, replacement)
    # in front of the first changed cell, where all later cells see it
    first = next((grade_id for grade_id in cells if result[grade_id] != cells[grade_id]), "")
    if parts.front and first:
        result[first] = "\n".join([*parts.front, "", result[first]])
    return result


def _whole_cell(variant: Variant, cells: Mapping[str, str]) -> str:
    """The grade id of the cell that REPLACES names, if no cell defines such a name; or ""."""
    for name in variant.replaces:
        named = [one for one in cells if name in (one, question_of(one))]
        if named and name not in all_names(cells) and not variant.edits:
            if len(variant.replaces) > 1:
                _fault(
                    variant,
                    f"REPLACES has {name!r}, which is a whole cell, and other names; put them into "
                    "two files",
                )
            return named[0]
    return ""


def _body(variant: Variant) -> str:
    """The file's code without its settings and docstring, in place of a whole cell."""
    lines = variant.source.split("\n")
    kept: list[str] = []
    end = 0
    for node in ast.parse(variant.source).body:
        begin, last = first_line(node), node.end_lineno or node.lineno
        if not _is_setting(node):
            between = lines[end : begin - 1] if kept else _comments(lines[end : begin - 1])
            kept += [*between, *lines[begin - 1 : last]]
        end = last
    if not kept:
        _fault(
            variant,
            f"REPLACES has {variant.replaces[0]!r}, a whole cell, but the file has no code for it; "
            "add the statements that students write there",
        )
    return "\n".join(kept)


def _comments(lines: list[str]) -> list[str]:
    return [line for line in lines if line.lstrip().startswith("#")]


@dataclass(frozen=True, slots=True)
class _Parts:
    """The content of a variant's file, as source lines without indentation.

    `front` goes in front of the first changed cell. `replacements` has the new code of each name.
    """

    front: list[str]
    replacements: dict[str, list[str]]


def _parts(variant: Variant) -> _Parts:
    """Divide the file's statements into definitions that replace something, and all others.

    A comment belongs to the statement below it.
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
        above = _comments(lines[start : begin - 1])
        name = next((short[name] for name in names_set_by(node) if name in short), None)
        if not is_definition(node) and not isinstance(node, ast.Import | ast.ImportFrom):
            # a variable may need several statements; what is between them stays between them
            name = current = name or current
        place = front if name is None else replacements[name]
        place += [*above, *lines[begin - 1 : end], *([""] if name is None and begin < end else [])]
    for name, found in replacements.items():
        if bool(found) == bool(variant.edits):
            short_name = name.rpartition(".")[2]
            _fault(
                variant,
                f"the file defines {short_name!r} and also has EDITS of it; keep one of the two"
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
            f"the names in REPLACES have the same last part: {', '.join(variant.replaces)}; put "
            "them into two files",
        )
    return short


def _is_setting(node: ast.stmt) -> bool:
    """Whether a statement is a setting of the file (REPLACES, …) or its docstring."""
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
        f"REPLACES has {name!r}, but no solution cell of source/ defines it; use one of: "
        f"{', '.join(dict.fromkeys(all_names(cells)))}",
    )


def _splice(variant: Variant, source: str, name: str, replacement: list[str]) -> str:
    """Replace a definition by `replacement`, and change no other byte.

    Several statements may set one variable (`answers = {}`, then `answers["x"] = …`). They cannot
    be cut out, because the code between them needs them. The replacement then follows the last.
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
            f"{name} is on one line of source/ with another statement; put it on its own line in "
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
