"""Writes the questions as Markdown: first all questions, then, on a page of their own, the answers.

Code of a student's stands in fences that are longer than any in it, and all else is escaped.
"""

from __future__ import annotations

import re

from hwlib.grading.texts import for_markdown, for_terminal
from hwlib.grading.viva.questions import Asked, Sheet

__all__ = ["as_markdown"]


def as_markdown(sheet: Sheet) -> str:
    """The sheet as Markdown."""
    asked = [
        f"## {number}\n\n{_fenced(one.code)}\n\n{_inline(one.question)}"
        for number, one in enumerate(sheet.asked, 1)
    ]
    answers = [f"{number}. {_answer(one)}" for number, one in enumerate(sheet.asked, 1)]
    return "\n\n".join(
        [
            f"# {for_markdown(sheet.title)}: questions for {for_markdown(sheet.student)}",
            "The code is the student's own. The numbers are those of the lines in its cell.",
            *asked,
            "# Answers",
            "They were found by running this code. Let the student explain why.",
            "\n".join(answers),
            "",
        ]
    )


def _fenced(code: str) -> str:
    text = "\n".join(for_terminal(line) for line in code.split("\n"))
    longest = max((len(one) for one in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{text}\n{fence}"


def _inline(text: str) -> str:
    """A sentence in which the text between backticks is code."""
    pieces = re.split("(`[^`]*`)", text)
    return "".join(
        for_terminal(one) if one[:1] == one[-1:] == "`" else _escaped(one) for one in pieces
    )


def _escaped(text: str) -> str:
    """Escaped, with the blanks at both ends kept."""
    words = for_markdown(text)
    before = " " if text[:1].isspace() else ""
    return f"{before}{words}{' ' if text[-1:].isspace() and words else ''}"


def _answer(one: Asked) -> str:
    code = " ".join(for_terminal(one.answer).split()).replace("`", "'")
    return f"`{code}`"
