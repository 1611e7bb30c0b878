"""A cell becomes Python as IPython makes it, in bounded time."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from hwlib.grading import find_course
from hwlib.grading.answer_key import load_key
from hwlib.grading.cells import checksum_of, transformed

COURSE = find_course()
CELLS = [
    "",
    "\n",
    "x",
    "x = 1;",
    "\n\n x = 1",
    "   \n\t\nx",
    "x = 1\n\n\n",
    "  x = 1\n  y = 2",
    "\n# a comment",
    "x \\\n= 1",
    ">>> x\n1",
    "x\r\ny",
    "'''\n!ls\n%time x\n'''",
    "f(a)  # ?",
    "f(a)?",
    "!ls\nx = 1",
    "lines = !ls",
    "%matplotlib inline\nimport numpy",
    "%%time\nx = 1",
    "await f(x)",
    "def f():\n    return await g()",
]


@pytest.mark.parametrize("source", CELLS)
def test_a_cell_becomes_what_ipython_makes_of_it(source: str) -> None:
    assert transformed(source) == TransformerManager().transform_cell(source)


@pytest.mark.parametrize("slug", COURSE.slugs())
def test_so_do_all_cells_of_the_course(slug: str) -> None:
    for cell in load_key(COURSE.assignment(slug)).cells:
        if cell.cell_type == "code":
            assert transformed(cell.source) == TransformerManager().transform_cell(cell.source)


@pytest.mark.parametrize("line", ["!ls", "a?"])
def test_thousands_of_magics_are_given_up_once(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # the alarm may ring in a destructor, or in pytest's hook for what is raised there
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    source = f"{line}\n" * 3000  # IPython takes half a minute
    started = time.process_time()
    for _ in range(3):
        with pytest.raises(SyntaxError, match="too many magics"):
            transformed(source)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("folder", ["source", "release"])
def test_the_checksum_is_nbgraders(folder: str) -> None:
    from nbgrader.utils import compute_checksum

    for path in sorted((Path(__file__).parents[1] / folder).glob("*/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if "nbgrader" in cell.metadata:
                assert checksum_of(cell) == compute_checksum(cell)
