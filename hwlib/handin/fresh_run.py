"""Runs the cells of a notebook in this process, which is new, and writes how each one went.

    python -m hwlib.handin.fresh_run NOTEBOOK RESULTS

`rehearsal` starts it in the folder with the unpacked hand-in. RESULTS gets a line of JSON for each
cell, as soon as it has run, and a last one at the end. Cells that grading skips are skipped.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from hwlib.checks.parts import MIME
from hwlib.checks.raised import told_of
from hwlib.notebooks import Cell, read_notebook

__all__ = ["main"]


class _Published(DisplayPublisher):  # type: ignore[misc]  # IPython has no type information
    """Keeps what the parts of a check publish."""

    parts: list[dict[str, Any]]

    def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
        if MIME in data:
            self.parts.append(json.loads(data[MIME]))


class _Shell(InteractiveShell):  # type: ignore[misc]
    """IPython without a screen."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Figures need no window here."""


def main(notebook: str, results: str) -> None:
    """Run all cells, one after the other; an error ends its own cell only."""
    config = Config()
    config.HistoryManager.enabled = False
    shell = _Shell.instance(config=config, display_pub_class=_Published)
    # an error is told in the results, and nobody reads this process's output
    shell._showtraceback = lambda *_: None
    cells = read_notebook(Path(notebook)).cells
    with Path(results).open("w", encoding="utf-8") as file:
        for index, cell in enumerate(cells):
            if cell.kind == "code" and cell.source.strip() and not cell.skipped:
                _tell(file, {"begins": index})
                _tell(file, {"cell": index, **_run(shell, cell)})
        _tell(file, {"ended": True})


def _run(shell: Any, cell: Cell) -> dict[str, Any]:
    shell.display_pub.parts = []
    began = time.perf_counter()
    done = shell.run_cell(cell.source, store_history=True)
    told: dict[str, Any] = {"seconds": time.perf_counter() - began}
    error = done.error_before_exec or done.error_in_exec
    if error is not None:
        told["error"] = told_of(error).symptom
        told["lacks"] = getattr(error, "name", "") if isinstance(error, NameError) else ""
    value = done.result
    if isinstance(value, int | float) and not isinstance(value, bool):
        told["points"] = float(value)
    told["points_tried"] = sum(part["points"] for part in shell.display_pub.parts)
    told["parts"] = [
        f"{part['name']}: {_in_short(part['error'])}"
        for part in shell.display_pub.parts
        if part["error"]
    ]
    return told


def _in_short(error: dict[str, Any]) -> str:
    """The first line of an error's message, or its type where it has none."""
    if error["ename"] == "NotImplementedError" and not error["evalue"]:
        return "not written yet"
    return str(next(iter(error["evalue"].splitlines()), error["ename"]))


def _tell(file: TextIO, line: dict[str, Any]) -> None:
    file.write(json.dumps(line) + "\n")
    file.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
