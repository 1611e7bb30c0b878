"""A dress rehearsal: runs the hand-in from the zip, from top to bottom, in a fresh Python.

It runs what grading runs: all code cells but the experiments, with the files of the zip and those
that came with the assignment, on the sample of a data set.
"""

from __future__ import annotations

import ast
import contextlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hwlib.live import Run
from hwlib.notebooks import Cell, Notebook, read_notebook, same_code

__all__ = ["LIMIT_S", "Rehearsal", "Tried", "expected_s", "rehearse", "together", "where_defined"]

LIMIT_S = 60.0  # a longer rehearsal only when it is asked for


@dataclass(frozen=True, slots=True)
class Tried:
    """How a question went in the rehearsal."""

    cell: Cell
    points: float  # by its visible checks
    said: str = ""  # what failed, "" if nothing did
    lacks: str = ""  # the name that no cell above has defined
    ran: bool = True  # False: the rehearsal ended before it
    hidden_points: float = 0.0  # of parts that are not in the notebook: no visible check gives them

    @property
    def passed(self) -> bool:
        """Every point that a visible check can give is there."""
        return self.points + self.hidden_points >= self.cell.points


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The questions that code checks, in order."""

    tried: tuple[Tried, ...]
    stopped_in: Cell | None = None  # the cell that ran when the time was up, or that ended Python
    timed_out: bool = False
    limit_s: float = 0.0

    @property
    def points(self) -> float:
        """What the visible checks give."""
        return sum(one.points for one in self.tried)

    @property
    def max_points(self) -> float:
        """What all checks could give, the hidden ones too, without extra credit."""
        return sum(one.cell.regular_points for one in self.tried)

    @property
    def hidden_points(self) -> float:
        """What only hidden checks can give, without extra credit."""
        return sum(one.hidden_points for one in self.tried if one.cell.regular_points)


def together(rehearsals: Sequence[Rehearsal]) -> Rehearsal:
    """The rehearsals of an assignment's notebooks as one; what stopped is that of the first."""
    stopped = [one for one in rehearsals if one.stopped_in is not None]
    tried = tuple(one for rehearsal in rehearsals for one in rehearsal.tried)
    return replace((stopped or rehearsals)[0], tried=tried)


def expected_s(notebook: Notebook, ran: Sequence[Run]) -> float:
    """How long the cells of the rehearsal took when they ran in the notebook, in seconds."""
    total = 0.0
    for cell in notebook.cells:
        if cell.kind == "code" and not cell.skipped:
            took = [one.ended - one.began for one in ran if same_code(one.text, cell.source)]
            total += took[-1] if took else 0.0
    return total


def rehearse(
    archive: Path, notebook_name: str, given: Mapping[str, Path], limit_s: float | None
) -> Rehearsal:
    """Unpack a hand-in into a folder of its own, and run it there.

    Parameters
    ----------
    archive : Path
        The zip.
    notebook_name : str
        Name of the notebook in it.
    given : mapping of str to Path
        Files that came with the assignment: where they belong → where they are.
    limit_s : float, optional
        Seconds until it is stopped. None means that it may take any time.
    """
    with tempfile.TemporaryDirectory(prefix="hwlib-rehearsal-") as name:
        folder = Path(name) / "hand-in"
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        for place, path in given.items():
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file() and not target.exists():
                shutil.copyfile(path, target)
        results = Path(name) / "results.jsonl"
        timed_out = _run(folder, notebook_name, results, limit_s)
        notebook = read_notebook(folder / notebook_name)
        return replace(_read(notebook, results, timed_out), limit_s=limit_s or 0.0)


def _run(folder: Path, notebook_name: str, results: Path, limit_s: float | None) -> bool:
    """Start a Python that runs the notebook; gives whether its time was up."""
    environment = {
        **os.environ,
        "HWLIB_GRADING": "1",  # the sample of each data set, no bars, no hand-in
        "MPLBACKEND": "agg",
        "IPYTHONDIR": str(results.parent),
        "PYTHONPATH": os.pathsep.join([*_import_path(), *_python_path()]),
    }
    environment.pop("JPY_SESSION_NAME", None)
    command = [sys.executable, "-m", "hwlib.handin.fresh_run", notebook_name, str(results)]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
        except BaseException:  # Ctrl-C, and the button Interrupt
            process.kill()
            raise
    return False


def _import_path() -> list[str]:
    """Where this hwlib is, which may be a folder that only this kernel knows."""
    return [str(Path(__file__).resolve().parent.parent.parent)]


def _python_path() -> list[str]:
    return [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]


def _read(notebook: Notebook, results: Path, timed_out: bool) -> Rehearsal:
    done: dict[int, dict[str, Any]] = {}
    begun, ended = 0, False
    with contextlib.suppress(OSError, ValueError):  # it may have been stopped within a line
        for line in results.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            if "ended" in told:
                ended = True
            elif "begins" in told:
                begun = told["begins"]
            else:
                done[told["cell"]] = told
    tried = tuple(
        _tried(cell, done.get(index))
        for index, cell in enumerate(notebook.cells)
        if cell.role == "test"
    )
    return Rehearsal(tried, None if ended else notebook.cells[begun], timed_out)


def _tried(cell: Cell, told: Mapping[str, Any] | None) -> Tried:
    if told is None:
        return Tried(cell, 0.0, "it was not reached", ran=False)
    if told.get("error"):
        return Tried(cell, 0.0, told["error"], str(told.get("lacks") or ""))
    points = told.get("points", cell.points)
    points = min(max(points, 0.0), cell.points) if math.isfinite(points) else 0.0
    # the points of a cell with parts are the sum of theirs
    hidden = max(cell.points - told["points_tried"], 0.0) if told["points_tried"] else 0.0
    return Tried(cell, points, "; ".join(told["parts"]), hidden_points=hidden)


def where_defined(name: str, notebook: Notebook) -> list[Cell]:
    """The code cells that define a name at their top level."""
    found = []
    for cell in notebook.cells:
        with contextlib.suppress(SyntaxError, ValueError):
            tree = ast.parse(cell.source) if cell.kind == "code" else ast.Module([], [])
            if any(name in _bound(node) for node in tree.body):
                found.append(cell)
    return found


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    return {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
