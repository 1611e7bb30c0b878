"""Makes a student's cells safe to show in a browser.

The formgrader and nbgrader's feedback show them unchanged. nbgrader renders Markdown with all the
HTML in it, on a page that can change grades. So a cell keeps its text, its pictures and cleaned
HTML tables. Tags become text. Scripts and other output formats are removed.
"""

from __future__ import annotations

import re
from typing import Any

import bleach  # type: ignore[import-untyped]  # comes with nbconvert
from nbformat import NotebookNode

from hwlib.grading.records.pictures import FORMATS, picture_data

__all__ = ["harmless_cell", "harmless_markdown"]

TAG = re.compile(
    r"<(?=[A-Za-z/!?])(?!/?(?:b|i|u|em|strong|sub|sup|kbd|code|br) ?/?>)", re.IGNORECASE
)
# A space of no width is put into both: nbconvert decodes entities in the address of a link, even
# twice, and lets every scheme pass.
ENTITY = re.compile(r"&(?=#|\w+;)")
SCHEME = re.compile(r"(javascript|vbscript|data)\\?:", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# these tags with their content
STYLE = re.compile(r"<(style|script)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
FORMATTING = frozenset(
    {
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "caption",
        "div",
        "span",
        "p",
        "b",
        "i",
        "u",
        "em",
        "strong",
        "sub",
        "sup",
        "br",
        "hr",
        "code",
        "pre",
        "ul",
        "ol",
        "li",
    }
)
MAX_HTML = 200_000  # characters; a table of a thousand rows


def harmless_cell(cell: NotebookNode) -> NotebookNode:
    """Copy a cell without its metadata and without anything that a browser would run or fetch."""
    harmless = NotebookNode({**cell, "metadata": NotebookNode()})
    if cell.cell_type != "code":
        harmless.source = harmless_markdown(cell.source)
    attached = cell.get("attachments", {})
    if attached:
        harmless.attachments = NotebookNode(
            {name: _harmless_data(data) for name, data in attached.items()}
        )
    if "outputs" in cell:
        harmless.outputs = [_harmless_output(output) for output in cell.outputs]
    return harmless


def harmless_markdown(text: str) -> str:
    """Make Markdown harmless: HTML tags are shown as text, and links cannot run a script.

    A few tags that only format text stay.
    >>> harmless_markdown("x<sub>1</sub> < 2 <script>alert(1)</script>")
    'x<sub>1</sub> < 2 &lt;script>alert(1)&lt;/script>'
    """
    text = ENTITY.sub("&\u200b", CONTROL.sub("", text))
    return TAG.sub("&lt;", SCHEME.sub("\\1\u200b:", text))


def _harmless_output(output: NotebookNode) -> NotebookNode:
    if "data" not in output:
        return output
    return NotebookNode({**output, "data": _harmless_data(output.data), "metadata": NotebookNode()})


def _harmless_data(data: Any) -> NotebookNode:
    harmless = NotebookNode()
    for mime, value in data.items() if isinstance(data, dict) else ():
        if not isinstance(value, str):
            continue
        if mime == "text/plain":
            harmless[mime] = value
        elif mime == "text/html" and len(value) <= MAX_HTML:
            harmless[mime] = _harmless_html(value)
        elif mime in FORMATS and (picture := picture_data(value, mime)):
            harmless[mime] = picture
    return harmless


def _harmless_html(html: str) -> str:
    """Keep tables, as pandas writes them, and simple formatting."""
    cleaned: str = bleach.clean(
        STYLE.sub("", html), tags=FORMATTING, attributes={"*": ["colspan", "rowspan"]}, strip=True
    )
    return cleaned
