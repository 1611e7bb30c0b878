"""Chooses between a notebook and a copy of it that was handed in beside it.

A browser saves "knn (1).ipynb" where "knn.ipynb" is there already. Then the student may have
answered in one of them only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from nbformat import NotebookNode

from hwlib.errors import SubmissionError
from hwlib.grading.cells import joined_source

__all__ = ["solved_copy"]


def solved_copy(
    notebook: Path, copies: Sequence[Path], release: Path, read: Callable[[Path], NotebookNode]
) -> tuple[Path, str]:
    """The notebook to grade, and what to say of the others.

    Parameters
    ----------
    notebook : Path
        The one with the right name. It is graded, unless it is as it was released and just one of
        the copies is not.
    copies : sequence of Path
        Notebooks with a name like it, at least one.
    release : Path
        The notebook that students get.
    read : callable
        Reads a notebook that was handed in; raises SubmissionError for what is none.
    """
    if release.is_file():
        given = json.loads(release.read_text(encoding="utf-8"))["cells"]
        known = {(joined_source(cell["source"]) or "").strip() for cell in given} | {""}

        def has_more(path: Path) -> bool:
            """Whether a cell is no given one. What can't be read has no answer."""
            try:
                return any(cell.source.strip() not in known for cell in read(path).cells)
            except SubmissionError:
                return False

        if not has_more(notebook):
            solved = [path for path in copies if has_more(path)]
            if len(solved) == 1:
                said = f"no answer is in {notebook.name}, so {solved[0].name} was graded"
                return solved[0], said
    names = " and ".join(path.name for path in copies[:5])
    left = "is there, too, and was" if len(copies) == 1 else "are there, too, and were"
    return notebook, f"{notebook.name} was graded; {names} {left} not"
