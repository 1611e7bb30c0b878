"""Students' cells in the formgrader: text, pictures and tables, but nothing that a browser would
run or fetch.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from hwlib.grading.records.harmless import harmless_cell, harmless_markdown

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
    "&#60;script&#62;",
]


class Rendered(HTMLParser):
    """What nbgrader's formgrader would make of a Markdown cell: its tags, their attributes."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(markdown2html(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

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
            address.startswith(("javascript:", "vbscript:", "data:")) for address in addresses
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


def test_a_photograph_attached_to_an_answer_stays() -> None:
    cell = new_markdown_cell("![by hand](attachment:a.png)")
    cell.attachments = NotebookNode(
        {"a.png": {"image/png": PIXEL}, "b.svg": {"image/svg+xml": "<svg onload=x>"}}
    )
    assert harmless_cell(cell).attachments == {"a.png": {"image/png": PIXEL}, "b.svg": {}}
