"""What the reference and the wrong solutions of the course's assignments define, for tests of their
numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hwlib.grading.authoring.reading import run_cells
from hwlib.grading.course import find_course

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
    """The same names, those changed that one of the assignment's wrong solutions defines, for the
    functions that use them, too.
    """
    path = COURSE.assignment(slug).folder / "wrong" / f"{wrong}.py"
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    return names
