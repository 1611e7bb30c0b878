"""Finds the cells that a question depends on, so that only these are run.

A question needs the cells that bind the names in its test, the cells that bind the names in those
cells, and so on. This can miss names that `exec` or `globals()` make. If a name is missing, the
grader also runs the other cells.
"""

from __future__ import annotations

from collections.abc import Iterable

from hwlib.grading.cell_names import CellNames

__all__ = ["needed_cells"]


def needed_cells(
    wanted: Iterable[str], cells: list[CellNames], given: frozenset[str] = frozenset()
) -> set[int]:
    """Indices of the cells that must run before these names can be used.

    Parameters
    ----------
    wanted : iterable of str
        Names that a test uses.
    cells : list of CellNames
        The names of each cell, in the notebook's order.
    given : frozenset of str
        Names that setup cells define. If a cell passes such a name as an argument, which may change
        it, the name does not make the cell needed.

    Examples
    --------
    >>> from hwlib.grading.cell_names import names_in
    >>> cells = [names_in("def f(x):\\n    return g(x)"), names_in("g = abs"), names_in("h = 3")]
    >>> sorted(needed_cells({"f"}, cells))
    [0, 1]
    """
    found: set[int] = set()
    todo, seen = list(wanted), set(given)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for index, cell in enumerate(cells):
            if name in cell.binds and index not in found:
                found.add(index)
                todo.extend(cell.uses)
    return found
