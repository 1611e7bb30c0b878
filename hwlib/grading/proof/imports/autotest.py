"""Writes the tests that nbgrader's AUTOTEST lines stand for, with nbgrader's own code."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbgrader.preprocessors import InstantiateTests
from nbgrader.utils import is_grade

from hwlib.grading.cells import one_line
from hwlib.grading.kernels import kernel_of
from hwlib.grading.proof.imports.originals import CELL_S, copied_folder

__all__ = ["DELIMITER", "WrittenOut", "with_autotests"]

DELIMITER = "AUTOTEST"
_KERNEL = "python3"  # the only one that an import starts


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """A notebook whose AUTOTEST lines have become tests, as far as that was possible."""

    notebook: NotebookNode
    problem: str = ""  # why not one line has
    problems: Mapping[int, str] = field(default_factory=dict)  # number of a cell from 1 → why not


def with_autotests(
    notebook: NotebookNode, folder: Path, files: Sequence[Path] | None = None
) -> WrittenOut:
    """Write out what the AUTOTEST lines of a notebook stand for.

    nbgrader runs the notebook for that, with the templates in autotests.yml of the notebook's
    folder or of a folder above it. It stops at the first cell that fails. Here only the lines of
    that cell stay as they are.
    """
    if not any(map(_has_autotest, notebook.cells)):
        return WrittenOut(notebook)
    path = _templates(folder)
    if path is None:
        return WrittenOut(notebook, "there is no autotests.yml in its folder, nor above it")
    changed, step = deepcopy(notebook), _Tidy()
    # nbgrader knows no kernel of another name, such as conda-env-ml-py
    changed.metadata["kernelspec"] = {"name": _KERNEL, "display_name": _KERNEL}
    step.log = logging.Logger("hwlib.import")
    step.log.addHandler(logging.NullHandler())  # without one it writes to stderr
    with copied_folder(folder, files) as place:
        resources = {"metadata": {"path": str(place)}}
        try:
            text = _for_kernel(path.read_text(encoding="utf-8"), kernel_of(notebook.metadata).name)
            (place / path.name).write_text(text, encoding="utf-8")
            with _silence():
                changed, _ = step.preprocess(changed, resources)
        except Exception as error:  # noqa: BLE001  whatever is in autotests.yml
            told = one_line(f"{type(error).__name__}: {error}", 300)
            return WrittenOut(notebook, f"nbgrader can't use {path.name}: {told}")
        finally:
            step.close()
    changed.metadata = deepcopy(notebook.metadata)
    return WrittenOut(changed, problems=step.problems)


def _has_autotest(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and any(
        line.lstrip().startswith("#") and DELIMITER in line for line in cell.source.split("\n")
    )


def _for_kernel(text: str, kernel: str) -> str:
    """The templates, with those for a notebook's own kernel under the name of ours as well."""
    templates = yaml.safe_load(text)
    for name in (kernel, "python"):
        if name in templates:
            templates.setdefault(_KERNEL, templates[name])
    return str(yaml.safe_dump(templates))


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
    """nbgrader's step, which goes on below a cell that fails.

    nbgrader leaves the channels to its kernel open, and waits for ever for a cell that does not
    end or asks for input.
    """

    client: Any = None
    execute_result: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.problems: dict[int, str] = {}

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, index: int
    ) -> tuple[NotebookNode, Any]:
        """Write out the lines of one cell, or leave it as it is and note why."""
        source = cell.source
        try:
            if _has_autotest(cell) and not is_grade(cell):
                self.problems[index + 1] = "nbgrader allows them in a test only"
                self._execute_code_snippet(source)
                return cell, resources
            return super().preprocess_cell(cell, resources, index)  # type: ignore[no-any-return]
        except Exception as error:  # noqa: BLE001  whatever the course's own code raises
            cell.source = source
            if _has_autotest(cell):
                self.problems.setdefault(index + 1, _told(error))
            return cell, resources

    def _execute_code_snippet(self, code: str) -> Any:
        self.client = self.kc
        self.kc.allow_stdin = False
        hook = self._execute_code_snippet_output_hook
        self.kc.execute_interactive(
            code,
            timeout=CELL_S,
            output_hook=hook,
            stop_on_error=False,  # else a kernel skips what comes soon after an error
        )
        result, self.execute_result = self.execute_result, None
        return result

    def close(self) -> None:
        """Close them."""
        if self.client is not None:
            self.client.stop_channels()


def _told(error: Exception) -> str:
    if isinstance(error, CellExecutionError):  # its text is a list
        return one_line(f"{error.ename}: {error.evalue}", 300)
    return one_line(f"{type(error).__name__}: {error}", 300)


def _templates(folder: Path) -> Path | None:
    for one in (folder, *folder.resolve().parents[:3]):
        path = one / "autotests.yml"
        if path.is_file():
            return path
    return None
