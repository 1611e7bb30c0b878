"""Runs a notebook of another tool as it is, from top to bottom, and sees what its tests give."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade, is_solution

from hwlib.grading.cells import one_line
from hwlib.grading.sandbox.variables import environment

__all__ = ["OriginalRun", "OriginalTest", "copied_folder", "run_original"]

CELL_S = 120
_BIG = 50_000_000  # bytes of a file that is not copied


@dataclass(frozen=True, slots=True)
class OriginalTest:
    """What a test gave in its old notebook."""

    passed: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class OriginalRun:
    """One old notebook, run."""

    notebook: NotebookNode  # with its outputs
    tests: dict[int, OriginalTest]  # by the number of the cell, from 1
    seconds: float
    problem: str = ""  # why it stopped early


def run_original(notebook: NotebookNode, folder: Path) -> OriginalRun:
    """Run a notebook in a copy of its folder, as nbgrader would.

    Nothing is confined: it is the instructor's own notebook.
    """
    ran, problem = deepcopy(notebook), ""
    for cell in ran.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    started = time.monotonic()
    with copied_folder(folder) as place:
        client = NotebookClient(
            ran,
            timeout=CELL_S,
            kernel_name="python3",
            allow_errors=True,
            interrupt_on_timeout=True,
            resources={"metadata": {"path": str(place)}},
        )
        try:
            with environment(PYTHONOPTIMIZE=None, MPLBACKEND=None):
                client.execute(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (DeadKernelError, CellTimeoutError, RuntimeError) as error:
            problem = one_line(str(error), 200)
    tests = {
        number: _test(cell)
        for number, cell in enumerate(ran.cells, 1)
        if is_grade(cell) and not is_solution(cell) and cell.cell_type == "code"
    }
    return OriginalRun(ran, tests, time.monotonic() - started, problem)


@contextmanager
def copied_folder(folder: Path) -> Iterator[Path]:
    """A copy of a folder that disappears afterwards, without what is big."""
    with tempfile.TemporaryDirectory(prefix="hw-import-") as name:
        place = Path(name).resolve() / "notebook"
        shutil.copytree(folder, place, ignore=_ignored, ignore_dangling_symlinks=True)
        yield place


def _ignored(folder: str, names: list[str]) -> list[str]:
    left_out = {".git", ".ipynb_checkpoints", "__pycache__", "node_modules", ".venv"}
    return [
        name
        for name in names
        if name in left_out
        or ((path := Path(folder) / name).is_file() and path.stat().st_size > _BIG)
    ]


def _test(cell: NotebookNode) -> OriginalTest:
    for output in cell.outputs:
        if output.output_type == "error":
            return OriginalTest(False, one_line(f"{output.ename}: {output.evalue}", 300))
        if output.output_type == "stream" and output.name == "stderr":
            return OriginalTest(False, f"it writes to stderr: {one_line(output.text, 200)}")
    if cell.execution_count is None and cell.source.strip():
        return OriginalTest(False, "it was not run")
    try:
        points, most = determine_grade(cell)
    except ValueError as error:  # nbgrader stops at such a notebook
        return OriginalTest(False, one_line(str(error), 200))
    return OriginalTest(
        points is None or points >= most, "" if points == most else f"{points:g} of {most:g}"
    )
