"""A notebook that is open in Chromium, in JupyterLab, Notebook 7 or JupyterLite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["OpenNotebook"]

FIND = """(id) => {
    const panel = window.jupyterapp.shell.currentWidget;
    return panel.content.widgets.findIndex(
        cell => cell.model.metadata.nbgrader?.grade_id === id);
}"""
WRITE = """([index, text]) => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
    cell.model.sharedModel.setSource(text);
}"""
RUN = """async (index) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    notebook.scrollToCell(notebook.widgets[index]);
    await window.jupyterapp.commands.execute('notebook:run-cell');
    return notebook.widgets[index].model.outputs?.toJSON() ?? [];
}"""
FOLDED = """(index) => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
    return [cell.inputHidden, cell.node.innerText];
}"""


class OpenNotebook:
    """The notebook in the front; cells are named by nbgrader's id."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def run(self, grade_id: str, source: str = "") -> str:
        """Run a cell, with another source if one is given; gives what its outputs say."""
        index = self._find(grade_id)
        if source:
            self.page.evaluate(WRITE, [index, source])
        return text_of(self.page.evaluate(RUN, index))

    def run_and_save(self, grade_id: str) -> str:
        """Run a cell, and press Ctrl-S when it asks for that; gives what its outputs say."""
        index = self._find(grade_id)
        self.page.evaluate(f"index => {{ window.running = ({RUN})(index); }}", index)
        self.page.get_by_text("Save your notebook now").wait_for()
        self.page.keyboard.press("Control+s")
        return text_of(self.page.evaluate("async () => await window.running"))

    def folded(self, grade_id: str) -> tuple[bool, str]:
        """Whether a cell is folded, and the text that it shows."""
        hidden, shown = self.page.evaluate(FOLDED, self._find(grade_id))
        return hidden, shown

    def _find(self, grade_id: str) -> int:
        index: int = self.page.evaluate(FIND, grade_id)
        assert index >= 0, f"no cell has the id {grade_id}"
        return index


def text_of(outputs: list[dict[str, Any]]) -> str:
    """What the outputs of a cell say."""
    texts = [output.get("text") or output.get("traceback") or "" for output in outputs]
    joined = "\n".join(text if isinstance(text, str) else "".join(text) for text in texts)
    return re.sub(r"\x1b\[[\d;]*m", "", joined)
