"""The pictures inside the Markdown cells of a notebook."""

from __future__ import annotations

import base64

from nbformat import NotebookNode

from hwlib.grading.cells import joined_source

__all__ = ["attachments_of"]


def attachments_of(cell: NotebookNode) -> list[tuple[str, bytes]]:
    """Name and content of the pictures inside a Markdown cell."""
    found = []
    for name, kinds in (cell.get("attachments") or {}).items():
        for content in kinds.values():
            text = joined_source(content) or ""
            try:
                found.append((str(name), base64.b64decode(text)))
            except ValueError:
                found.append((str(name), text.encode()))
            break
    return found
