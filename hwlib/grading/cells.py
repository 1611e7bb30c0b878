"""Functions about one cell that all of grading shares: roles, lines, syntax trees and ids."""

from __future__ import annotations

import ast
import io
import re
import signal
import threading
import tokenize
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Literal, cast

from IPython.core.inputtransformer2 import TransformerManager

from hwlib import notebooks
from hwlib.markers import CODE_STUB, TEXT_STUB

__all__ = [
    "HIDDEN",
    "MARKER",
    "TERMINAL",
    "UNANSWERED",
    "LineKind",
    "Role",
    "as_released",
    "checksum_of",
    "code_and_comment",
    "given_part",
    "grade_id_for",
    "grade_id_of",
    "in_file",
    "indented",
    "is_python",
    "joined_source",
    "line_kinds",
    "one_line",
    "parse_cell",
    "question_of",
    "readable",
    "transformed",
    "tree_of",
    "without_markers",
]

Role = Literal[
    "prose", "setup", "code", "experiment", "solution", "test", "answer", "task", "submit"
]
"""What a cell is for.

- prose: Markdown
- setup: given code, locked and trusted
- code: given code, not locked
- experiment: given code that is not run when grading
- solution: the student's code; it may be a question that is graded by hand
- test: an autograded question
- answer: a question that is answered in words, graded by hand
- task: a question that is answered in cells of the student's own, graded by hand
- submit: the last cell
"""

LineKind = Literal["given", "marker", "solution", "hidden", "scheme"]
"""given: a line that students get. marker: a BEGIN or END line. solution, hidden, scheme: a line
between markers (of a solution, of hidden tests, of a task's mark scheme).
"""

UNANSWERED = "Not written yet: the code still raises NotImplementedError."
HIDDEN = (
    "A hidden check failed. Try your code with other inputs than those of the visible checks: "
    "the smallest, the largest, unusual ones."
)

MAX_TRANSFORM_S = 1.0  # of CPU time, for one cell
TERMINAL = re.compile(  # colours, titles and links for a terminal, then what has no place in a text
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_PARSE = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_LEADING_LINES = re.compile(r"\A(?:[ \t]*\n)+")  # empty ones, which IPython leaves out

MARKER = re.compile(
    r"^\s*###\s+(?P<edge>BEGIN|END) (?P<what>SOLUTION|HIDDEN TESTS|MARK SCHEME)\s*$"
)
_INSIDE: dict[str, LineKind] = {
    "SOLUTION": "solution",
    "HIDDEN TESTS": "hidden",
    "MARK SCHEME": "scheme",
}


# ---- lines ----


def line_kinds(source: str) -> list[LineKind]:
    """The kind of each line of a built or authored cell; the lines are `source.split("\\n")`.

    >>> line_kinds("def f():\\n    ### BEGIN SOLUTION\\n    return 1\\n    ### END SOLUTION")
    ['given', 'marker', 'solution', 'marker']
    """
    kinds: list[LineKind] = []
    inside: LineKind = "given"
    for line in source.split("\n"):
        marker = MARKER.match(line)
        if not marker:
            kinds.append(inside)
            continue
        kinds.append("marker")
        inside = _INSIDE[marker["what"]] if marker["edge"] == "BEGIN" else "given"
    return kinds


def given_part(source: str) -> str:
    """The lines of a cell that students get; nothing replaces the regions."""
    lines = zip(source.split("\n"), line_kinds(source), strict=True)
    return "\n".join(line for line, kind in lines if kind == "given")


def in_file(message: str, lines: Sequence[int] = ()) -> str:
    """A message of Python's about a cell, with the file's number of each line that it names.

    Parameters
    ----------
    lines : sequence of int
        The file's number of each line of the cell. Without it, lines are not named.

    >>> in_file("expected an indented block after 'else' statement on line 2", [40, 41, 42])
    "expected an indented block after 'else' statement on line 41"
    >>> in_file("expected an indented block after 'else' statement on line 2")
    "expected an indented block after 'else' statement"
    """

    def named(found: re.Match[str]) -> str:
        number = int(found[1])
        return f" on line {lines[number - 1]}" if 0 < number <= len(lines) else ""

    return re.sub(r" on line (\d+)\b", named, message)


def as_released(source: str, cell_type: str = "code") -> str:
    """A cell as nbgrader's `generate_assignment` releases it.

    Stubs replace solutions. Hidden tests and mark schemes are removed.
    >>> solved = "def f():\\n    ### BEGIN SOLUTION\\n    return 1\\n    ### END SOLUTION"
    >>> as_released(solved).split("\\n")
    ['def f():', '    # YOUR CODE HERE', '    raise NotImplementedError()']
    """
    stub = CODE_STUB if cell_type == "code" else (TEXT_STUB,)
    kept = []
    for line, kind in zip(source.split("\n"), line_kinds(source), strict=True):
        if kind == "given":
            kept.append(line)
        elif kind == "marker" and "BEGIN SOLUTION" in line:
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + part for part in stub]
    return "\n".join(kept)


def without_markers(source: str) -> str:
    """A cell as its author solved it: with the regions, but without their markers."""
    lines = zip(source.split("\n"), line_kinds(source), strict=True)
    return "\n".join(line for line, kind in lines if kind != "marker")


# ---- code ----


def transformed(source: str) -> str:
    r"""A cell as plain Python: IPython's magics and shell commands become function calls.

    Raises
    ------
    SyntaxError
        If that is not possible, or takes IPython more than `MAX_TRANSFORM_S`: its time grows with
        the square of the number of magics.

    Examples
    --------
    >>> transformed("\nx = 1"), transformed("%time x")
    ('x = 1\n', "get_ipython().run_line_magic('time', 'x')\n")
    """
    code, fault = _transformed(source)
    if fault:
        raise SyntaxError(fault)
    return code


@lru_cache(maxsize=1024)
def _transformed(source: str) -> tuple[str, str]:
    """(the Python, what is wrong with it): a failure is remembered, too, because it may be slow."""
    if is_python(source):
        return _LEADING_LINES.sub("", source, count=1).removesuffix("\n") + "\n", ""
    try:
        with _at_most(MAX_TRANSFORM_S):
            return str(TransformerManager().transform_cell(source)), ""
    except TimeoutError:
        return "", "too many magics and shell commands in one cell"
    except (SyntaxError, RuntimeError, ValueError, tokenize.TokenError) as error:
        return "", str(error) or type(error).__name__


def is_python(source: str) -> bool:
    """Whether a cell is valid Python as it stands: then IPython has nothing to transform."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "<cell>", "exec", flags=_PARSE)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after so much CPU time; no limit outside a process's main thread."""
    has_timer = hasattr(signal, "setitimer")  # not on Windows
    if not has_timer or threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, give_up)
    # again and again: where a destructor or a callback was running, Python drops the exception
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@lru_cache(maxsize=1024)
def parse_cell(source: str) -> ast.Module:
    """Parse a code cell, which may contain IPython's magics and top-level `await`.

    Callers share the tree, so do not change it.

    Raises
    ------
    SyntaxError
        If it is not valid Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as the one about "\d" in a string
        try:
            return cast(ast.Module, compile(transformed(source), "<cell>", "exec", flags=_PARSE))
        except SyntaxError:
            raise
        except (ValueError, RecursionError, MemoryError, tokenize.TokenError) as error:
            raise SyntaxError(str(error) or type(error).__name__) from error


def tree_of(source: str) -> ast.Module | None:
    """Parse a code cell like `parse_cell`; returns None if it is not valid Python."""
    try:
        return parse_cell(source)
    except SyntaxError:
        return None


def indented(code: str, indent: str) -> str:
    """Indent the lines of code, except those inside a string that spans several lines.

    >>> indented("if x:\\n    y = 1", "  ").split("\\n")
    ['  if x:', '      y = 1']
    """
    inside: set[int] = set()
    tree = tree_of(code)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        ):
            inside |= set(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    return "\n".join(
        line if i in inside or not line.strip() else indent + line
        for i, line in enumerate(code.split("\n"), 1)
    )


@lru_cache(maxsize=4096)
def code_and_comment(line: str) -> tuple[str, ...]:
    """Split a line of code into code and comment.

    It is one part if this cannot be decided, for example in the middle of a long string.
    >>> code_and_comment("  x = 1   # one")
    ('x = 1', 'one')
    """
    try:
        comments = [
            token
            for token in tokenize.generate_tokens(io.StringIO(line.strip()).readline)
            if token.type == tokenize.COMMENT
        ]
    except (tokenize.TokenError, SyntaxError):
        comments = []
    if not comments:
        return (line.strip(),)
    start = comments[0].start[1]
    return line.strip()[:start].strip(), comments[0].string.strip("# ")


# ---- notebooks ----


def grade_id_for(role: Role, name: str) -> str:
    """Make nbgrader's id of a cell: `grade_id_for("test", "KNN")` → "test-KNN"."""
    return f"{role}-{name}"


def question_of(grade_id: str) -> str:
    """The name in nbgrader's id of a cell: test-NAME, answer-NAME, solution-NAME → NAME."""
    return grade_id.partition("-")[2]


def grade_id_of(cell: Any) -> str:
    """nbgrader's id in the metadata of a cell, or "". The cell may be malformed."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    found = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return found if isinstance(found, str) else ""


def joined_source(value: object) -> str | None:
    """Join the lines of a source or text; a string stays, anything else gives None."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return None


def one_line(text: str, limit: int = 2000) -> str:
    r"""Put a text on one readable line without control characters, of at most `limit` characters.

    >>> one_line("found 3,\n  expected 4")
    'found 3, expected 4'
    >>> one_line("\x1b[31mfar too long\x1b[0m", 8)
    'far too…'
    """
    text = " ".join(TERMINAL.sub("", readable(text[: 20 * limit])).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def checksum_of(cell: Mapping[str, Any]) -> str:
    """The checksum that nbgrader writes into the metadata of a cell (schema 3).

    Raises
    ------
    KeyError, TypeError, ValueError
        If the cell is not one of nbgrader's.
    """
    return notebooks.checksum_of(cell["cell_type"], cell["source"], cell["metadata"]["nbgrader"])


def readable(text: str) -> str:
    r"""Make a text writable as UTF-8: a lone half of a surrogate pair becomes U+FFFD.

    >>> readable("\ud83d!")
    '\ufffd!'
    """
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
