"""Makes the students' notebook from a source notebook with nbgrader's own `generate_assignment`.

nbgrader's list of preprocessors and its exporter run in this process, as they do for
`nbgrader generate_assignment --no-db`. The result has the same bytes as that of the plain command,
but no gradebook is written.
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


def release_text(source: NotebookNode, slug: str, name: str = "") -> str:
    """The text of a notebook in release/SLUG/, which nbgrader makes from a source notebook.

    Parameters
    ----------
    source : NotebookNode
    slug : str
    name : str
        Of the notebook, without .ipynb. The default is the slug.

    Raises
    ------
    GradingError
        If nbgrader refuses the notebook. The checks of notebook.py should prevent that.
    """
    config = Config()
    config.SaveCells.enabled = False  # this and the next line are what `--no-db` sets
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
            "nbgrader": {"student": ".", "assignment": slug, "notebook": name or slug},
        }
        try:
            text, _ = exporter.from_notebook_node(deepcopy(source), resources=resources)
        except Exception as error:  # RuntimeError, ValidationError and others mean the same here
            raise GradingError(
                f"{slug}: nbgrader's generate_assignment cannot use the built notebook: {error}"
            ) from error
    return str(text)


@contextmanager
def _quiet(log: logging.Logger) -> Iterator[None]:
    """Silence a log in the block: nbgrader logs each error that it then raises."""
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
