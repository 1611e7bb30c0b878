"""Writes the tests that nbgrader's AUTOTEST lines stand for, with nbgrader's own code."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import InstantiateTests

from hwlib.grading.cells import one_line
from hwlib.grading.proof.imports.originals import copied_folder

__all__ = ["DELIMITER", "with_autotests"]

DELIMITER = "AUTOTEST"


def with_autotests(notebook: NotebookNode, folder: Path) -> tuple[NotebookNode, str]:
    """The notebook with its AUTOTEST lines replaced by tests, and why that was not possible.

    nbgrader runs the notebook for that, with the templates in autotests.yml of the notebook's
    folder or of a folder above it.
    """
    lines = [
        line
        for cell in notebook.cells
        if cell.cell_type == "code"
        for line in cell.source.split("\n")
    ]
    if not any(line.lstrip().startswith("#") and DELIMITER in line for line in lines):
        return notebook, ""
    templates = _templates(folder)
    if templates is None:
        return notebook, "there is no autotests.yml in its folder, nor above it"
    changed = deepcopy(notebook)
    step = _Tidy()
    step.log = logging.Logger("hwlib.import")
    with copied_folder(folder) as place:
        (place / templates.name).write_bytes(templates.read_bytes())
        resources = {"metadata": {"path": str(place)}}
        try:
            with _silence():
                changed, _ = step.preprocess(changed, resources)
        except Exception as error:  # noqa: BLE001  whatever the course's own code raises
            return notebook, one_line(f"{type(error).__name__}: {error}", 300)
        finally:
            step.close()
    return changed, ""


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep what the kernel that nbgrader starts writes to stderr off the terminal."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class _Tidy(InstantiateTests):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's step, which leaves the channels to its kernel open."""

    client: Any = None

    def _execute_code_snippet(self, code: str) -> Any:
        self.client = self.kc
        return super()._execute_code_snippet(code)

    def close(self) -> None:
        """Close them."""
        if self.client is not None:
            self.client.stop_channels()


def _templates(folder: Path) -> Path | None:
    for one in (folder, *folder.resolve().parents[:3]):
        path = one / "autotests.yml"
        if path.is_file():
            return path
    return None
