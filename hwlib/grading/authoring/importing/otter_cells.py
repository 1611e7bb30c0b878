"""Takes apart what otter reads as several cells, and finds the cells that it ignores."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_raw_cell

__all__ = ["is_ignored", "unfenced", "without_plugins"]

_IGNORED = re.compile(r"##\s*ignore\s*##|#\s*ignore", re.IGNORECASE)


def is_ignored(source: str) -> bool:
    """Whether otter leaves a cell out of every notebook: its first line says so.

    >>> is_ignored("## Ignore ##\\nprint(secret)"), is_ignored("x = 1 # IGNORE")
    (True, False)
    """
    return bool(_IGNORED.match(source))


def unfenced(cell: NotebookNode) -> Iterator[NotebookNode]:
    """The cell, or the cells that otter makes of it: code blocks of Markdown that are named `otter`
    become raw cells, and the text around them stays Markdown.

    A block without an end is left as it is, as otter refuses it.
    """
    lines = cell.source.split("\n")
    if cell.cell_type != "markdown" or "```otter" not in map(str.strip, lines):
        yield cell
        return
    text: list[str] = []
    block: list[str] | None = None
    for line in lines:
        if block is None and line.strip() == "```otter":
            yield from _prose(cell, text)
            text, block = [], []
        elif block is not None and line.strip() == "```":
            yield new_raw_cell("\n".join(block))
            block = None
        else:
            (text if block is None else block).append(line)
    if block is not None:
        text = ["```otter", *block]
    yield from _prose(cell, text)


def _prose(cell: NotebookNode, lines: list[str]) -> Iterator[NotebookNode]:
    """A cell of this text, if there is any, with the tags and those pictures that it shows."""
    source = "\n".join(lines).strip("\n")
    if not source.strip():
        return
    found = new_markdown_cell(source, metadata=cell.metadata)
    shown = {
        name: picture
        for name, picture in (cell.get("attachments") or {}).items()
        if f"attachment:{name}" in source
    }
    if shown:
        found.attachments = NotebookNode(shown)
    yield found


_PLUGIN = re.compile(
    r"^[^\n]*# BEGIN PLUGIN(?: EXPORT)?[ \t]*\n(?P<yaml>.*?)(?:^[^\n]*# END PLUGIN[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_PLUGIN_NAME = re.compile(r"^\s*plugin:\s*(\S+)", re.MULTILINE)


def without_plugins(source: str) -> tuple[str, list[str]]:
    """A cell with a comment in place of each block that runs a plugin, and the plugins' names.

    Examples
    --------
    >>> without_plugins("x = 1\\n# BEGIN PLUGIN\\nplugin: a.Limit\\n# END PLUGIN\\ny = 2")
    ('x = 1\\n# a plugin of otter: a.Limit\\ny = 2', ['a.Limit'])
    """
    names: list[str] = []

    def comment(block: re.Match[str]) -> str:
        name = _PLUGIN_NAME.search(block["yaml"])
        names.append(name[1] if name else "without a name")
        return f"# a plugin of otter: {names[-1]}"

    return _PLUGIN.sub(comment, source), names
