"""Makes a student's cells safe to look at in a browser: the formgrader and nbgrader's feedback show
them as they are.

nbgrader renders Markdown with whatever HTML stands in it, in a page that can change grades. So a
cell keeps its text, its pictures and cleaned HTML tables; tags, scripts and other output formats
become text or go.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import bleach  # type: ignore[import-untyped]  # comes with nbconvert
from nbformat import NotebookNode

__all__ = ["harmless_cell", "harmless_markdown"]

TAG = re.compile(
    r"<(?=[A-Za-z/!?])(?!/?(?:b|i|u|em|strong|sub|sup|kbd|code|br) ?/?>)", re.IGNORECASE
)
# Both get a space of no width: nbconvert reads entities in a link's address, twice, and leaves
# every scheme as it is.
ENTITY = re.compile(r"&(?=#|\w+;)")
SCHEME = re.compile(r"(javascript|vbscript|data)\\?:", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
# with what stands inside
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
    """A copy without metadata of its own, and with nothing that a browser would run or fetch."""
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
    """Markdown whose HTML tags are shown instead of obeyed, but for a few that only format, and
    whose links run no script.

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
        elif mime in PICTURES and (picture := _picture(value, PICTURES[mime])):
            harmless[mime] = picture
    return harmless


def _harmless_html(html: str) -> str:
    """Tables, as pandas shows them, and simple formatting."""
    cleaned: str = bleach.clean(
        STYLE.sub("", html), tags=FORMATTING, attributes={"*": ["colspan", "rowspan"]}, strip=True
    )
    return cleaned


def _picture(encoded: str, signature: bytes) -> str:
    """Base64 written anew, if it begins as a file of this kind does."""
    try:
        content = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(content).decode() if content.startswith(signature) else ""
