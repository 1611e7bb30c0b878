"""Students' cells in the formgrader: text, pictures and tables, but nothing that a browser would
run or fetch.
"""

from __future__ import annotations

import copy
import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters import markdown2html
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from hwlib.grading.records.harmless import FORMATTING, harmless_cell, harmless_markdown
from hwlib.grading.records.pictures import MAX_HTML_PAGE, Pictures

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ATTACKS = [
    "<script>x</script>",
    "<img src=x onerror=x>",
    "<b onclick=x>",
    "</div></div>",
    "<iframe src='//x'>",
    "<!-- hidden",
    "<\tb onclick=x>",
    "[a](javascript:x)",
    "[a](javascript&colon;x)",
    "[a](javascript&#58;x)",
    "[a](javascript&#x3a;x)",
    "[a](java&Tab;script:x)",
    "[a](<javascript:x>)",
    "[a](javascript\\:x)",
    "[a](\x01javascript:x)",
    "[a]\n\n[a]: JavaScript:x",
    "[a](vbscript:x)",
    "![a](data:image/svg+xml,x)",
    "[a](data&amp;colon;text/html,x)",
    "$<script>x</script>$",
    "```\n<script>\n```",
    "<a href='javascript:x'>a</a>",
    "[a](file:///etc/passwd)",
    "[a](\n file:x)",
    "[a]\n\n[a]: smb://host/share",
    "[a]\n\n[a]:\n  ms-word:ofe|u|x",
    "[a]\n\n[a]: <file:x>",
    "[a](mailto:x@example.org)",
    "[a](file\\:x)",
    "[a](HTTPS\u200b:x)[b](ftp:x)",
    "```mermaid\nclick a href 'javascript:x'\n```",
    "&#60;script&#62;",
]


class Rendered(HTMLParser):
    """What nbgrader's formgrader would make of a Markdown cell: its tags, their attributes."""

    def __init__(self, text: str, html: bool = False) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text if html else markdown2html(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def pictures(self) -> list[str]:
        """The addresses of all pictures."""
        return [value or "" for name, value in self.attributes if name == "src"]

    def is_harmless(self) -> bool:
        """No tag that does something, no handler, no address but of the web."""
        if {
            "script",
            "iframe",
            "svg",
            "object",
            "embed",
            "style",
            "form",
            "input",
            "link",
            "meta",
            "base",
        } & set(self.tags):
            return False
        addresses = [
            re.sub(r"[\x00-\x20]", "", value or "").lower()
            for name, value in self.attributes
            if name in ("href", "src")
        ]
        handlers = [name for name, _ in self.attributes if name.startswith("on") or name == "style"]
        return not handlers and not any(
            re.match(r"[a-z][a-z0-9+.-]*:", address) and not address.startswith(("http:", "https:"))
            for address in addresses
        )


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_runs_nothing(attack: str) -> None:
    assert Rendered(harmless_markdown(attack)).is_harmless()


def test_the_judge_of_these_tests_knows_harm_when_it_sees_it() -> None:
    harmful = [attack for attack in ATTACKS if not Rendered(attack).is_harmless()]
    assert len(harmful) >= 10


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "script",
                "javascript",
                "java",
                "data",
                ":",
                "\\",
                "&colon;",
                "&#58;",
                "&amp;",
                "&",
                "#58;",
                "[a](",
                ")",
                "![",
                "]",
                "(",
                "x",
                "\n",
                "`",
                "$",
                "onerror=x",
                " ",
                "\t",
                "b",
                "/",
                "<b>",
                "'",
                '"',
                "img src=x ",
                "file",
                "]: ",
                "attachment:",
                "http:",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_no_mixture_of_dangerous_pieces_runs_anything(text: str) -> None:
    assert Rendered(harmless_markdown(text)).is_harmless()


@pytest.mark.parametrize(
    "text",
    [
        "An answer with *emphasis*, `code`, $a < b$ and x<sub>1</sub>.",
        "1 < 2 and 3 > 2",
        "[a page](https://example.org/a:b?c=d&e=f)",
        "# A heading\n\n- a\n- list\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "**Note:** the ratio is 3:4.<br>Done.",
        "> quoted\n\n    indented",
    ],
)
def test_honest_markdown_stays_as_it_is(text: str) -> None:
    assert harmless_markdown(text) == text


@given(st.text())
def test_making_harmless_twice_is_making_it_harmless_once_as_a_reader_sees_it(text: str) -> None:
    once = harmless_markdown(text)
    assert harmless_markdown(once).replace("\u200b", "") == once.replace("\u200b", "")


def test_outputs_keep_pictures_and_cleaned_tables_and_lose_the_rest() -> None:
    html = (
        "<style scoped>p {}</style><table border='1'><thead><tr><th "
        "onclick='x'>a</th></tr></thead><tr><td>1 &lt; 2</td></tr></table>"
        "<script>alert(1)</script><img src=x onerror=x>"
    )
    data = {
        "text/plain": "a",
        "text/html": html,
        "image/png": PIXEL,
        "image/jpeg": "no picture",
        "image/svg+xml": "<svg onload=x/>",
        "application/javascript": "x",
        "text/latex": "$x$",
        "application/vnd.jupyter.widget-view+json": {"model_id": "1"},
    }
    cell = new_code_cell("x", metadata={"tags": ["'><script>"], "nbgrader": {"points": 100}})
    cell.outputs = [
        NotebookNode(
            output_type="display_data", data=NotebookNode(data), metadata=NotebookNode(evil=1)
        ),
        NotebookNode(output_type="stream", name="stdout", text="plain"),
    ]
    harmless = harmless_cell(cell)
    assert harmless.outputs[0].data == {
        "text/plain": "a",
        "image/png": PIXEL,
        "text/html": "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1 &lt; "
        "2</td></tr></tbody></table>",
    }
    assert (harmless.metadata, harmless.outputs[0].metadata, harmless.outputs[1].text) == (
        {},
        {},
        "plain",
    )
    assert cell.metadata.nbgrader.points == 100  # the original is not touched


TAGS = ["b", "i", "p", "div", "table", "tr", "td", "ul", "li", "caption", "br", "script", "x", "a"]
TEXTS = ["text", "<", ">", "&lt;", "<!--", "-->", "<b/x<y>", ' colspan="2', "'", "\n"]


def table_of(html: str, count: int = 1) -> list[str]:
    """What stays of so many cells with this HTML in their output."""
    output = NotebookNode(output_type="display_data", data={"text/html": html}, metadata={})
    cell, room = new_code_cell("x", outputs=[output]), Pictures()
    return [harmless_cell(cell, room).outputs[0].data.get("text/html", "") for _ in range(count)]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(TEXTS),
            st.builds("<{}{}>".format, st.sampled_from(["", "/"]), st.sampled_from(TAGS)),
        )
    )
)
def test_tags_that_stay_are_closed_and_few_are_open_at_once(pieces: list[str]) -> None:
    (found,) = table_of("".join(pieces * 4))
    open_ = list[str]()
    for end, name in re.findall(r"<(/?)([^<>]*)>", found):
        if end:
            assert open_.pop() == name
        elif name not in ("br", "hr"):
            assert name in FORMATTING
            open_.append(name)
    assert not open_


@pytest.mark.parametrize(
    "unit", ["<ul><li>", "<b><div></b>", "<div><table></div></table>", "<b/x<y>>"]
)
def test_html_takes_no_time_that_grows_with_open_tags(unit: str) -> None:
    begun = time.process_time()
    table_of((unit * 100_000)[:60_000])
    assert time.process_time() - begun < 4  # the first took 12 s


def test_a_notebook_has_room_for_some_tables() -> None:
    html = f"<p>{'x' * 90_000}</p>"
    found = table_of(html, count=15)
    assert found[:9] == [html] * 9 and not found[-1]
    assert len([one for one in found if one]) * len(html) <= MAX_HTML_PAGE


def test_a_photograph_attached_to_an_answer_stays() -> None:
    cell = new_markdown_cell("![by hand](attachment:a.png)")
    cell.attachments = NotebookNode(
        {"a.png": {"image/png": PIXEL}, "b.svg": {"image/svg+xml": "<svg onload=x>"}}
    )
    harmless = harmless_cell(cell)
    assert harmless.attachments == {"a.png": {"image/png": PIXEL}}
    assert harmless.source == cell.source
    assert rendered(harmless).pictures() == [f"data:image/png;base64,{PIXEL}"]


@pytest.mark.parametrize(
    "text",
    [
        "![a](attachment:missing.png)",
        "![a](attachment:b.svg)",  # not shown, because it may run something
        "![a][r]\n\n[r]: attachment:missing.png",
        "![r]\n\n[r]: attachment:missing.png",
        "![a](attachment:a%20b.png)",
        "![a](attachment:)",
        "![a]( attachment:missing.png )",
        "![a](attachment:missing.png 'title')",
        "[![a](attachment:missing.png)](https://example.org)",
    ],
)
def test_a_missing_attachment_does_not_stop_the_page(text: str) -> None:
    """nbconvert gives up on the whole notebook there."""
    cell = new_markdown_cell(text)
    cell.attachments = NotebookNode(
        {"a.png": {"image/png": PIXEL}, "b.svg": {"image/svg+xml": "<svg onload=x>"}}
    )
    with pytest.raises((InvalidNotebook, RuntimeError)):
        rendered(cell if "b.svg" not in text else _with_nothing(cell, "b.svg"))
    assert rendered(harmless_cell(cell)).pictures() == []


def _with_nothing(cell: NotebookNode, name: str) -> NotebookNode:
    cell = copy.deepcopy(cell)
    cell.attachments[name] = {}
    return cell


def rendered(cell: NotebookNode) -> Rendered:
    """A cell as the formgrader shows it, with its attachments."""
    renderer = IPythonRenderer(escape=False, attachments=cell.get("attachments", {}))
    return Rendered(MarkdownWithMath(renderer=renderer).render(cell.source), html=True)


def test_a_picture_is_not_fetched_from_elsewhere() -> None:
    text = "![a](https://example.org/pixel.png) ![b](//example.org/c.png) ![d](own.png)"
    page = Rendered(harmless_markdown(text))
    assert (page.pictures(), page.tags.count("a")) == ([], 3)
    assert len(Rendered(text).pictures()) == 3


def test_a_formula_makes_no_link_and_defines_no_command() -> None:
    for text in (r"$\href{java#1}{x}$", r"$\def\a#1{x}$", r"$$\require{html}\style{x}{y}$$"):
        assert not re.search(r"\\(href|def|require|style)\b", harmless_markdown(text))
    honest = (
        r"$\alpha \le \hat{y} \stackrel{!}{=} \defeq$ and $$\begin{aligned} a &= b \end{aligned}$$"
    )
    assert harmless_markdown(honest) == honest


def test_printed_text_keeps_its_colours_and_nothing_else_of_a_terminal() -> None:
    cell = new_code_cell("x = '\u202e'")
    cell.outputs = [
        NotebookNode(
            output_type="stream", name="stdout", text="\x1b[31mred\x1b[0m\x1b]0;t\x07\x1b[2J\u202e"
        ),
        NotebookNode(
            output_type="error", ename="E\x1b[2J", evalue="\u202ev", traceback=["\x1b[1mE\x9b2J"]
        ),
    ]
    harmless = harmless_cell(cell)
    assert harmless.source == "x = ''"
    assert harmless.outputs[0].text == "\x1b[31mred\x1b[0m"
    error = harmless.outputs[1]
    assert (error.ename, error.evalue, error.traceback) == ("E", "v", ["\x1b[1mE2J"])


@pytest.mark.parametrize(
    "piece",
    [
        "](",
        "]( ",
        "]:",
        "![",
        "![a](attachment:",
        "```\n",
        "`",
        " ",
        "&",
        "&a",
        "\\",
        "<",
        "]( <",
        "\x1b]",
    ],
)
def test_a_long_text_takes_no_longer_for_each_character(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    start = time.process_time()
    harmless_markdown(text)
    harmless_markdown("](" + text)
    assert time.process_time() - start < 3  # 0.1 s where the time grows with the length
