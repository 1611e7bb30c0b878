"""Adds the cells that nbgrader's IncludeHeaderFooter puts into each notebook that students get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nbformat import NotebookNode

from hwlib.grading.authoring.importing.found import FoundNotebook
from hwlib.grading.authoring.importing.nbgrader_notebooks import found_in_nbgrader, read_notebook
from hwlib.grading.authoring.importing.old_course import CONFIG, nearest
from hwlib.grading.authoring.importing.old_settings import settings_of

__all__ = ["settings_followed", "with_header_and_footer"]

PART = "IncludeHeaderFooter"


def with_header_and_footer(
    found: FoundNotebook, notebook: NotebookNode
) -> tuple[FoundNotebook, NotebookNode]:
    """The notebook with the cells before and after its own that nbgrader_config.py asks for.

    Raises
    ------
    CourseError
        If the header or the footer is not a notebook.
    """
    whole = notebook.copy()
    for edge, path in _files(found.path.parent).items():
        more = read_notebook(path)
        cells = found_in_nbgrader(path, more).cells
        if edge == "header":
            found = replace(found, cells=(*cells, *found.cells))
            whole.cells = [*more.cells, *whole.cells]
        else:
            found = replace(found, cells=(*found.cells, *cells))
            whole.cells = [*whole.cells, *more.cells]
    return found, whole


def settings_followed(folder: Path) -> Iterator[str]:
    """The names of the settings that `with_header_and_footer` follows."""
    yield from (f"{PART}.{edge}" for edge in _files(folder))


def _files(folder: Path) -> dict[str, Path]:
    """`header` and `footer`, as far as they are set and there.

    nbgrader runs in the folder of its configuration, so paths begin there. If the configuration
    sets whether they are used at all, they are left to the instructor.
    """
    config = nearest(folder, CONFIG)
    if config is None:
        return {}
    settings = settings_of(config.read_text(encoding="utf-8", errors="replace"))
    if f"{PART}.enabled" in settings:
        return {}
    named = {edge: settings.get(f"{PART}.{edge}") for edge in ("header", "footer")}
    places = {edge: config.parent / name for edge, name in named.items() if name}
    return {edge: path for edge, path in places.items() if path.is_file()}
