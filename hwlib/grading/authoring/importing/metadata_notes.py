"""What a notebook says about itself and its cells that notebook.py has no place for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from nbformat import NotebookNode

from hwlib.grading.authoring.importing.found import Note
from hwlib.grading.cells import one_line

__all__ = ["metadata_notes"]

# what the import reads, and what editors write by themselves without any effect on the notebook
_OF_NOTEBOOK = frozenset(
    ("kernelspec", "language_info", "jupytext", "nbgrader", "otter", "hwlib", "orig_nbformat")
) | frozenset(("anaconda-cloud", "celltoolbar", "interpreter", "varInspector", "vscode", "widgets"))
_OF_JUPYTEXT = frozenset(("cell_marker", "lines_to_end_of_cell_marker", "lines_to_next_cell"))
_OF_CELL = (
    _OF_JUPYTEXT
    | frozenset(
        ("nbgrader", "tags", "otter", "id", "collapsed", "scrolled", "trusted", "execution")
    )
    | frozenset(("ExecuteTime", "executionInfo", "outputId", "pycharm", "vscode"))
)
_OF_COLAB = frozenset(
    ("provenance", "name", "version", "toc_visible", "authorship_tag", "base_uri", "height")
)
_LOCKS = frozenset(("deletable", "editable"))  # nbgrader's own release sets them anew


def metadata_notes(notebook: NotebookNode, name: str) -> tuple[Note, ...]:
    """One note with all metadata that are not taken over, or none.

    Parameters
    ----------
    notebook : NotebookNode
    name : str
        The name of its file.

    Examples
    --------
    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> cell = new_code_cell(metadata={"cellView": "form", "id": "x1"})
    >>> notebook = new_notebook(cells=[cell], metadata={"accelerator": "GPU"})
    >>> metadata_notes(notebook, "ps1.ipynb")[0].text
    'ps1.ipynb: metadata that are not taken over: accelerator; cellView (1 cell)'
    """
    found = sorted(_unread(notebook.metadata, _OF_NOTEBOOK))
    counts = Counter(
        one
        for cell in notebook.cells
        for one in _unread(cell.metadata, _OF_CELL)
        if one not in _LOCKS or "nbgrader" not in cell.metadata
    )
    found += [
        f"{one} ({count} cell{'' if count == 1 else 's'})" for one, count in sorted(counts.items())
    ]
    if not found:
        return ()
    text = f"{name}: metadata that are not taken over: {'; '.join(found)}"
    return (Note("changed", text),)


def _unread(metadata: Mapping[str, object], read: frozenset[str]) -> set[str]:
    """The keys that are not read; of Colab's own, those inside `colab`."""
    found = set[str]()
    for key, value in metadata.items():
        if key in ("colab", "jupyter") and isinstance(value, Mapping):
            found |= {f"{key}.{inner}" for inner in value if inner not in _OF_COLAB}
        elif key not in read:
            found.add(key)
    return {one_line(one, 40) for one in found}
