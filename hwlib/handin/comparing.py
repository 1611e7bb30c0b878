"""Compares what the kernel ran with what the notebook's file holds."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from hwlib.live import Run
from hwlib.notebooks import Cell, Notebook, same_code

__all__ = ["Difference", "differences"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell whose code in the file is not the code that ran last."""

    cell: Cell
    newer_ran: bool  # the code that ran is newer than the file, so the file lacks it


def differences(notebook: Notebook, ran: Sequence[Run], saved_at: float) -> list[Difference]:
    """The cells to fill in whose last run had another text.

    A cell that did not run since the kernel started is not compared.

    Parameters
    ----------
    notebook : Notebook
    ran : sequence of Run
    saved_at : float
        When the file was saved, in seconds since 1970.
    """
    found = []
    for cell in notebook.of("solution"):
        last = _last_run(cell, notebook, ran)
        if last is not None and not same_code(last.text, cell.source):
            found.append(Difference(cell, not last.ended or last.ended > saved_at))
    return found


def _last_run(cell: Cell, notebook: Notebook, ran: Sequence[Run]) -> Run | None:
    """The last run that was this cell's, as it is now or as it was."""
    for run in reversed(ran):
        if same_code(run.text, cell.source):
            return run
        if run.cell_id and any(run.cell_id == other.cell_id for other in notebook.cells):
            if run.cell_id == cell.cell_id:
                return run
            continue
        elsewhere = any(same_code(run.text, other.source) for other in notebook.cells)
        if not elsewhere and _names(run.text) and _names(run.text) == _names(cell.source):
            return run
    return None


def _names(source: str) -> frozenset[str]:
    """The functions, classes and variables that a cell defines."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    found = {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return frozenset(found)
