"""One function for each place where somebody reads text of a stranger's.

| outlet                           | function                                               |
|----------------------------------|--------------------------------------------------------|
| a terminal                       | `for_terminal`, which `terminal` uses for all it prints |
| JSON on a terminal or in a file  | `for_json`                                             |
| a page of ours                   | `for_page`, then Jinja's escaping                      |
| Gradescope's results.json        | `for_gradescope`, as plain text (`output_format`)      |
| Markdown that we write           | `for_markdown`                                         |
| a student's Markdown cell        | `records.harmless.harmless_markdown`                   |
| a cell of a table as CSV         | `for_csv`                                              |
| a file's name, wherever          | `printable`, which hides nothing                       |

A student chooses file names, names of folders, messages of exceptions, printed text, and more. So
these functions do not ask where a text comes from.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hwlib.grading.cells import TERMINAL, readable

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = [
    "counted",
    "for_csv",
    "for_gradescope",
    "for_json",
    "for_markdown",
    "for_page",
    "for_terminal",
    "page_templates",
    "printable",
]

FORMULA = re.compile(r"\A[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]")
# behind what another program, or the same one in another country, takes for the end of a cell
INNER = re.compile(r"((?:\A|[;\t]) *)([=@%\uff1d\uff20+\-\uff0b\uff0d])")
SIGNS = "+-\uff0b\uff0d"  # a number may begin so; a formula has one of CALLS behind it
CALLS = "(|!"
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$<>&:-])")
INVISIBLE = re.compile(
    r"[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def for_terminal(text: str) -> str:
    r"""Remove codes for terminals, control characters and marks of writing direction.

    >>> for_terminal("a\x1b]0;title\x07b\u202ec")
    'abc'
    """
    return TERMINAL.sub("", readable(text))


def printable(name: str) -> str:
    r"""Make the name of a file printable, so that it can be shown and stored anywhere.

    Bytes that are not UTF-8, control characters and marks of writing direction become escapes.

    >>> printable("M\udcfcller"), printable("a\x1b[2Jb"), printable("Zoë")
    ('M\\xfcller', 'a\\x1b[2Jb', 'Zoë')
    """
    return "".join(
        char
        if char.isprintable()
        else f"\\x{ord(char) - 0xDC00:02x}"
        if 0xDC80 <= ord(char) <= 0xDCFF
        else char.encode("unicode_escape").decode()
        for char in name
    )


def for_json(values: Any) -> str:
    r"""JSON on lines, in which what a terminal would act on is written as \uXXXX.

    >>> print(for_json({"Zoë": "a\u202eb\x9b"}), end="")
    {
      "Zoë": "a\u202eb\u009b"
    }
    """
    text = json.dumps(values, indent=2, ensure_ascii=False)
    return INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def for_page(text: str, length: int) -> str:
    r"""Remove the same as `for_terminal`, and cut to a length; a template has to escape it.

    >>> for_page("\x1b[31mred\x1b[0m\r\nand more", 8)
    'red\nand …'
    """
    text = TERMINAL.sub("", readable(text[: 4 * length]).replace("\r\n", "\n"))
    return text if len(text) <= length else text[:length] + "…"


def for_gradescope(text: str, length: int) -> str:
    r"""Replace all that can't be printed by blanks, but for line ends, and cut to a length.

    >>> for_gradescope("a\u202e\tb", 9)
    'a  b'
    """
    cut = text if len(text) <= length else f"{text[:length]} …"
    return "".join(char if char == "\n" or char.isprintable() else " " for char in cut)


def for_markdown(text: str) -> str:
    r"""A text of one line that Markdown shows as it is: no tag, no link, no picture, no formula.

    >>> print(for_markdown("<b>[a](file:x)\n$x$"))
    \<b\>\[a\]\(file\:x\) \$x\$

    Behind a backslash stands a space of no width, so that MathJax finds no command.
    """
    text = " ".join(for_terminal(text).split()).replace("\\", "\\\u200b")
    return SPECIAL.sub(r"\\\1", text)


def counted(number: float, thing: str) -> str:
    """How many things, in words.

    >>> counted(1, "grade"), counted(0, "grade"), counted(1.5, "point")
    ('1 grade', '0 grades', '1.5 points')
    """
    return f"{number:g} {thing}{'' if number == 1 else 's'}"


def for_csv(text: str) -> str:
    """A text that a spreadsheet does not take for a formula, wherever it thinks that a cell ends.

    Where a comma is in decimals, a spreadsheet ends cells at semicolons, and lines whatever quotes
    are around them.

    >>> for_csv("=1+1"), for_csv("a=b"), for_csv("-1.5"), for_csv("a;=1+1")
    ("'=1+1", 'a=b', '-1.5', "a;'=1+1")
    """
    text = "".join(map(_quoted, re.split(r"(?<=[\r\n])", for_terminal(text))))
    if not FORMULA.match(text):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def _quoted(line: str) -> str:
    """A line without formulas at the begin of what may be its cells."""
    last = max(map(line.rfind, CALLS))

    def quoted(found: re.Match[str]) -> str:
        inner, sign = found.groups()
        return found[0] if sign in SIGNS and found.end() > last else f"{inner}'{sign}"

    return INNER.sub(quoted, line)


def page_templates() -> Environment:
    """Jinja's templates of our HTML pages, which escape every text that they show."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("hwlib.grading"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
