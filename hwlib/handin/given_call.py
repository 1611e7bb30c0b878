"""The call of `hwlib.submit` that a notebook was released with, for one without a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hwlib.errors import HwlibError
from hwlib.notebooks import read_notebook

__all__ = ["given_call"]


def given_call(folder: Path, named: Path | None = None) -> dict[str, Any]:
    """The arguments by name: the assignment's `slug`, and its `artifacts`, `notebooks` and `files`.

    They are read from the last cell of the notebooks in a folder, or of the one that is named.

    Raises
    ------
    HwlibError
        If no notebook there has such a call, or several have different ones.
    """
    paths = [folder / named] if named else sorted(folder.glob("[!.]*.ipynb"))
    found: dict[str, dict[str, Any]] = {}  # by slug; the student may have written a shorter call
    for path in paths:
        for call in _calls_in(path):
            found.setdefault(call["slug"], {}).update(call)
    if len(found) == 1:
        return next(iter(found.values()))
    seen = f"the notebooks here belong to {', '.join(found)}" if found else "no notebook tells it"
    raise HwlibError(
        f"{folder}: expected the name of one assignment, but {seen}; write it: "
        f'hwlib.submit("{next(iter(found), "knn")}"), or run the last cell of the notebook'
    )


def _calls_in(path: Path) -> Iterator[dict[str, Any]]:
    try:
        cells = read_notebook(path).cells
    except (HwlibError, OSError):
        return
    for cell in cells:
        if cell.kind != "code" or "hwlib.submit(" not in cell.source:
            continue
        try:
            tree = ast.parse(cell.source)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "hwlib.submit":
                yield from _arguments(node)


def _arguments(call: ast.Call) -> Iterator[dict[str, Any]]:
    """The arguments of a call with a name, as far as they are written out."""
    try:
        values: dict[str, Any] = dict(
            zip(("slug", "artifacts"), map(ast.literal_eval, call.args), strict=False)
        )
        values |= {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg}
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return
    known = ("slug", "artifacts", "notebooks", "files")
    if isinstance(values.get("slug"), str):
        yield {name: values[name] for name in known if name in values}
