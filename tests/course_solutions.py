"""What the reference and the wrong solutions of the course's assignments define, for tests of their
numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hwlib.grading import find_course
from hwlib.grading.authoring.reading import run_cells
from hwlib.grading.proof.variants import load_variants, reference_notebook, variant_notebook

__all__ = ["COURSE", "replaced", "solutions"]

COURSE = find_course(Path(__file__).resolve().parent)


def solutions(slug: str, /, *roles: str, **names: Any) -> dict[str, Any]:
    """The names after running the solution cells, and those of the other roles; `names` stand for
    what their setup imports.
    """
    return run_cells(
        COURSE.assignment(slug), lambda cell: cell.role in ("solution", *roles), **names
    )


def replaced(names: dict[str, Any], slug: str, wrong: str) -> dict[str, Any]:
    """The same names, those changed that one of the assignment's wrong solutions changes, for the
    functions that use them, too; the methods of its classes stand there as functions.
    """
    assignment = COURSE.assignment(slug)
    (variant,) = [one for one in load_variants(assignment) if one.name == wrong]
    right = {cell.source for cell in reference_notebook(assignment).cells}
    for cell in variant_notebook(assignment, variant).cells:
        if cell.metadata.get("hwlib", {}).get("role") == "solution" and cell.source not in right:
            own: dict[str, Any] = dict(names)
            exec(compile(cell.source, f"{slug}/{wrong}", "exec"), names)
            new = [value for name, value in names.items() if own.get(name) is not value]
            for value in new:
                names |= vars(value) if isinstance(value, type) else {}
    return names
