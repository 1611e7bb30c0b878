"""Makes the students' notebook from a source notebook, by nbgrader's own `generate_assignment`.

The converter's own list of preprocessors runs in this process, with its own exporter, as `nbgrader
generate_assignment --no-db` would run it: what differs from the plain command is that no gradebook
is written. The result is the same, byte for byte.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from hwlib.errors import GradingError

__all__ = ["release_text"]


def release_text(source: NotebookNode, slug: str) -> str:
    """The file release/SLUG/SLUG.ipynb that nbgrader makes from a source notebook.

    Raises
    ------
    GradingError
        If nbgrader refuses the notebook; the reading of notebook.py should have stopped that.
    """
    config = Config()
    config.SaveCells.enabled = False  # with the next line: what `--no-db` sets
    config.GenerateAssignment.no_database = True
    coursedir = CourseDirectory(
        config=config, root=str(Path.cwd()), course_id="", assignment_id=slug
    )
    converter = GenerateAssignment(coursedir=coursedir, config=config)
    exporter = converter.exporter_class(parent=converter, config=converter.config)
    with _quiet(converter.log):
        for preprocessor in converter.preprocessors:
            exporter.register_preprocessor(preprocessor)
        resources = {
            "unique_key": slug,
            "nbgrader": {"student": ".", "assignment": slug, "notebook": slug},
        }
        try:
            text, _ = exporter.from_notebook_node(deepcopy(source), resources=resources)
        except (
            Exception
        ) as error:  # RuntimeError, ValidationError and others; all mean the same here
            raise GradingError(
                f"{slug}: nbgrader's generate_assignment refuses the notebook: {error}"
            ) from error
    return str(text)


@contextmanager
def _quiet(log: logging.Logger) -> Iterator[None]:
    """nbgrader logs what it then raises; the exception says it once."""
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
