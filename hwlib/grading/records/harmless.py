"""Makes a student's cells safe to show in a browser.

The formgrader and nbgrader's feedback show them unchanged. nbgrader renders Markdown with all the
HTML in it, on a page that can change grades. So a cell keeps its text, its pictures and cleaned
HTML tables. Tags become text. Scripts and other output formats are removed. A link leads to a page
of the web or to a file that was handed in. A picture in a text is one that is attached to the cell;
any other becomes a link, because fetching it would tell its owner who looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import bleach  # type: ignore[import-untyped]  # comes with nbconvert
from nbformat import NotebookNode

from hwlib.grading.cells import TERMINAL, readable
from hwlib.grading.records.pictures import FORMATS, Pictures

__all__ = ["as_written", "harmless_cell", "harmless_markdown"]

TAG = re.compile(
    r"<(?=[A-Za-z/!?])(?!/?(?:b|i|u|em|strong|sub|sup|kbd|code|br) ?/?>)", re.IGNORECASE
)
# A space of no width is put into what follows. Entities: nbconvert decodes them in the address of a
# link, even twice.
ENTITY = re.compile(r"&(?=#|\w+;)")
# an address, in a link or in a list of addresses, that begins with the name of a protocol
ADDRESS = re.compile(r"(?P<before>\](?:\(|:)\s*(?:<\s*)?)(?P<name>[^\s/?#()<>]*?)\\?:")
# runs what follows wherever it stands, in formulas, too
SCHEME = re.compile(r"(javascript|vbscript|data)\\?:", re.IGNORECASE)
WEB = frozenset({"http", "https"})
# commands with which MathJax makes links and attributes, or loads more commands; a new command can
# be put together from parts, so it is none of a student's business either
COMMAND = re.compile(
    r"\\(?=(?:href|url|require|style|class|cssId|data|unicode|includegraphics|mmlToken|texttip|"
    r"tooltip|mathtip|toggle|action|Newextarrow|let|def|newcommand|renewcommand|newenvironment|"
    r"renewenvironment|DeclareMathOperator|bbox)(?![A-Za-z]))",
    re.IGNORECASE,
)
DRAWN = re.compile(r"([`~][ \t]*)(?=mermaid)", re.IGNORECASE)
PICTURE = re.compile(r"!(?=\[)(?:\[[^\[\]!]*\]\(attachment:(?P<name>[^\s()<>\\&]+)\))?")
KEPT = "\x00"  # before the address of a picture that stays; no text has this character
NAME = re.compile(r"[^\s()<>\\&]+")  # of an attachment that a text can show
# colours of a printed text stay
COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
# these tags with their content, and what is no element
STYLE = re.compile(
    r"<(style|script)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[!?][^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
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
MAX_HTML = 100_000  # characters; a table of 500 rows
MAX_NESTED = 30  # tags that are open at once; a table of pandas has 5
ELEMENT = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<more>(?:[\s/][^<>]*)?)>")
VOID = frozenset({"br", "hr"})
ENDS_ALONE = frozenset({"li", "p", "tr", "td", "th"})  # another one ends it
SPAN = re.compile(r"\b(colspan|rowspan)\s*=\s*[\"']?(\d{1,4})\b", re.IGNORECASE)


def harmless_cell(cell: NotebookNode, pictures: Pictures | None = None) -> NotebookNode:
    """Copy a cell without its metadata and without anything that a browser would run or fetch.

    Parameters
    ----------
    cell : NotebookNode
    pictures : Pictures, optional
        Room for pictures, which the cells of a notebook share.
    """
    room = pictures or Pictures()
    harmless = NotebookNode({**cell, "metadata": NotebookNode()})
    attached = cell.get("attachments", {})
    found = {str(name): _harmless_data(data, room) for name, data in attached.items()}
    found = {
        name: data
        for name, data in found.items()
        if data and NAME.fullmatch(name) and _without_codes(name) == name
    }
    if attached:
        harmless.attachments = NotebookNode(found)
    if cell.cell_type != "code":
        harmless.source = harmless_markdown(cell.source, found)
    else:
        harmless.source = _without_codes(cell.source)
    if "outputs" in cell:
        harmless.outputs = [_harmless_output(output, room) for output in cell.outputs]
    return harmless


def harmless_markdown(text: str, attached: Collection[str] = ()) -> str:
    """Make Markdown harmless: HTML tags are shown as text, a link leads to the web or to a file,
    and a picture is one of those that are attached.

    A few tags that only format text stay.
    >>> harmless_markdown("x<sub>1</sub> < 2 <script>alert(1)</script>")
    'x<sub>1</sub> < 2 &lt;script>alert(1)&lt;/script>'
    """

    def picture(found: re.Match[str]) -> str:
        if found["name"] is not None and found["name"] in attached:
            return found[0].replace("(attachment", f"({KEPT}attachment")
        return found[0].replace("!", "!\u200b", 1)

    def address(found: re.Match[str]) -> str:
        if found["name"].lower() in WEB or found["name"] == f"{KEPT}attachment":
            return found[0]
        return f"{found['before']}{found['name']}\u200b:"

    text = ENTITY.sub("&\u200b", _without_codes(text))
    text = PICTURE.sub(picture, DRAWN.sub("\\1\u200b", COMMAND.sub("\\\\\u200b", text)))
    text = ADDRESS.sub(address, SCHEME.sub("\\1\u200b:", text))
    return TAG.sub("&lt;", text.replace(KEPT, ""))


def as_written(text: str) -> str:
    """What a student wrote, from harmless Markdown; only for a place that shows it as plain text.

    >>> as_written(harmless_markdown("a<b, &lt; and data:x"))
    'a<b, &lt; and data:x'
    """
    return text.replace("&lt;", "<").replace("\u200b", "")


def _without_codes(text: str) -> str:
    """A text without codes for terminals, control characters and marks of writing direction."""
    return TERMINAL.sub("", readable(text))


def _harmless_print(text: Any) -> str:
    """The same, but it keeps its colours."""
    whole = text if isinstance(text, str) else "".join(map(str, text or ()))
    parts = COLOUR.split(whole)
    return "".join(part if place % 2 else _without_codes(part) for place, part in enumerate(parts))


def _harmless_output(output: NotebookNode, pictures: Pictures) -> NotebookNode:
    """One output with the fields of its type and no other."""
    if output.output_type == "stream":
        return NotebookNode(
            output_type="stream",
            name="stderr" if output.get("name") == "stderr" else "stdout",
            text=_harmless_print(output.get("text")),
        )
    if output.output_type == "error":
        lines = output.get("traceback")
        return NotebookNode(
            output_type="error",
            ename=_without_codes(str(output.get("ename", ""))),
            evalue=_without_codes(str(output.get("evalue", ""))),
            traceback=[_harmless_print(line) for line in lines] if isinstance(lines, list) else [],
        )
    return NotebookNode(
        {
            **output,
            "data": _harmless_data(output.get("data"), pictures),
            "metadata": NotebookNode(),
        }
    )


def _harmless_data(data: Any, pictures: Pictures) -> NotebookNode:
    harmless = NotebookNode()
    for mime, value in data.items() if isinstance(data, dict) else ():
        if not isinstance(value, str):
            continue
        if mime == "text/plain":
            harmless[mime] = _harmless_print(value)
        elif mime == "text/html" and len(value) <= MAX_HTML and pictures.has_room(len(value)):
            harmless[mime] = _harmless_html(value)
        elif mime in FORMATS and (picture := pictures.take(value, mime)):
            harmless[mime] = picture
    return harmless


def _harmless_html(html: str) -> str:
    """Keep tables, as pandas writes them, and simple formatting."""
    text = SCHEME.sub("\\1\u200b:", COMMAND.sub("\\\\\u200b", _without_codes(html)))
    cleaned: str = bleach.clean(
        "".join(_nested(STYLE.sub("", text))),
        tags=FORMATTING,
        attributes={"*": ["colspan", "rowspan"]},
        strip=True,
    )
    return cleaned


def _nested(html: str) -> Iterator[str]:
    """Pieces of the same HTML with no tags but those that stay, each closed where it should be, and
    few of them open at once. A parser takes a time that grows with the square of open tags.
    """
    open_, done = list[str](), 0
    for found in ELEMENT.finditer(html):
        yield html[done : found.start()].replace("<", "&lt;")
        done, name = found.end(), found["name"].lower()
        if name in VOID:
            yield f"<{name}>"
        elif name not in FORMATTING:
            continue
        elif found["end"]:
            while name in open_:
                yield f"</{open_[-1]}>"
                name = "" if open_.pop() == name else name
        else:
            if open_ and open_[-1] == name and name in ENDS_ALONE:
                yield f"</{open_.pop()}>"
            if len(open_) < MAX_NESTED:
                open_.append(name)
                spans = (f' {key.lower()}="{value}"' for key, value in SPAN.findall(found["more"]))
                yield f"<{name}{''.join(spans)}>"
    yield html[done:].replace("<", "&lt;")
    yield from (f"</{name}>" for name in reversed(open_))
