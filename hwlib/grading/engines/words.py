"""The words that both engines use to tell a student what happened: one line, and no hidden text."""

from __future__ import annotations

import ast
from functools import lru_cache

from hwlib.grading.cells import HIDDEN, one_line, parse_cell, transformed
from hwlib.grading.submissions.kinds import conflict_line

__all__ = [
    "ANSWER_WAITS",
    "MESSAGE_LENGTH",
    "NO_ANSWER",
    "UNREADABLE",
    "all_the_same",
    "cannot_run",
    "check_failed",
    "check_stopped",
    "name_missing",
    "not_handed_in",
    "not_python",
    "raised",
    "statement_at",
    "waits",
]

MESSAGE_LENGTH = 600
MAX_STATEMENT = 120

ANSWER_WAITS = "A human will grade this answer."
MERGED = (
    "line {} is a mark of two versions that were merged. Keep one of them, and delete the lines "
    "that begin with <<<<<<<, ======= or >>>>>>>."
)
NO_ANSWER = "There is no answer in this cell."
UNREADABLE = "The notebook could not be read, so no question was graded."


def not_handed_in(file: str) -> str:
    """A notebook of several that is missing."""
    return f"{file} was not handed in, so this question was not graded."


def all_the_same(name: str) -> str:
    """A function that agrees with another one of the student's because it always says the same."""
    return (
        f"`{name}` gives the same answer to everything that this check asks, and right answers "
        "differ. It agrees with another of your functions, but that is not enough."
    )


def waits(reason: str) -> str:
    """A human grades the question, for a reason that is not the student's."""
    return f"A human will grade this question: {reason}. You lose no points by it."


def cannot_run(reason: str = "") -> str:
    """The same, where the check does not work on this machine."""
    because = f" ({reason.rstrip('.')})" if reason else ""
    return waits(f"its check could not run on the grading machine{because}")


def raised(kind: str, message: str, where: str = "") -> str:
    """An error of the student's own code.

    >>> raised("ValueError", "no luck", "line 2, in half: raise ValueError('no luck')")
    "Your code raised ValueError: no luck (line 2, in half: raise ValueError('no luck'))"
    """
    text = one_line(f"{kind}: {message}" if message else kind, MESSAGE_LENGTH)
    return f"Your code raised {text}" + (f" ({one_line(where, 300)})" if where else "")


def check_failed(text: str, statement: str, *, hidden: bool) -> str:
    """An `assert` of a test: its own text, or else the statement, unless it is hidden.

    >>> check_failed("", "assert f(2) == 4", hidden=False)
    'A check failed: assert f(2) == 4'
    """
    if hidden:
        return HIDDEN
    if text.strip():
        return one_line(text, MESSAGE_LENGTH)
    return f"A check failed: {statement}" if statement else "A check failed."


def check_stopped(kind: str, text: str, statement: str, *, hidden: bool) -> str:
    """A test that raised something else, while it worked with what the student's code gave it.

    The course's own solution passes the test. So the value is probably of another kind, but that is
    not certain, and the sentence does not claim it.
    """
    asks = "Compare your code with the task: the name, the parameters, the kind of result."
    if hidden:
        return f"A hidden check stopped with {kind}. {asks}"
    found = one_line(f"{kind}: {text}" if text else kind, MESSAGE_LENGTH // 2)
    at = f" (at: {statement})" if statement else ""
    return f"A check stopped with {found}{at}. {asks}"


def name_missing(name: str, because: str = "") -> str:
    """A name that the test needs and the notebook does not define."""
    if because:
        return f"`{name}` is not defined, because {because}"
    asks = "Is its cell missing, or the name spelled differently?"
    return f"`{name}` is not written yet: no cell defines it. {asks}"


def not_python(name: str, source: str) -> str:
    """A cell that Python can't read, with the line, a caret where it stopped, and its reason.

    >>> not_python("f", "def f(x)\\n    return x\\n")
    "The cell f is not valid Python: in line 1, `def f(x)^`, expected ':'."
    """
    if line := conflict_line(source):
        return f"The cell {name} is not valid Python: {MERGED.format(line)}"
    try:
        transformed(source)
    except SyntaxError as error:  # IPython can't read it; Python says where it stops
        stopped = _error_of_python(source)
        return f"The cell {name} is not valid Python{_stop(stopped or error, source)}"
    try:
        compile(parse_cell(source), "<cell>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"The cell {name} is not valid Python{_stop(error, transformed(source))}"
    return f"The cell {name} is not valid Python."


def _error_of_python(source: str) -> SyntaxError | None:
    try:
        compile(source, "<cell>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        pass
    return None


def _stop(error: SyntaxError, code: str) -> str:
    """`: in line 1, `def f(x)^`, expected ':'.` The caret stands where Python stopped."""
    reason = f"{error.msg[:200].rstrip('.')}{'' if error.msg.endswith('?') else '.'}"
    lines = code.splitlines()
    if not error.lineno or not 0 < error.lineno <= len(lines):
        return f": {reason}"
    line, place = lines[error.lineno - 1], max((error.offset or 1) - 1, 0)
    start = max(0, place - MAX_STATEMENT // 2)
    before, after = line[start:place], line[place : place + MAX_STATEMENT // 2]
    if not before.strip():
        before, after = "", after.lstrip()
    shown = one_line(f"{before if start else before.lstrip()}^{after}")
    kind = "" if type(error) is SyntaxError else f"{type(error).__name__}: "
    return f": in line {error.lineno}, `{shown}`, {kind}{reason}"


def statement_at(source: str, line: int) -> str:
    """The innermost statement at a line of a test cell, on one line; "" if there is none.

    >>> statement_at("for x in (1, 2):\\n    assert f(x,\\n             2) == x\\n", 3)
    'assert f(x, 2) == x'
    """
    around = [(first, last) for first, last in _statements(source) if first <= line <= last]
    if not around:
        return ""
    first, last = max(around, key=lambda lines: lines[0])
    return one_line("\n".join(source.splitlines()[first - 1 : last]), MAX_STATEMENT)


@lru_cache(maxsize=128)
def _statements(source: str) -> list[tuple[int, int]]:
    """First and last line of each statement of a test cell."""
    try:
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    except (SyntaxError, ValueError, RecursionError):
        return []
    return [(node.lineno, node.end_lineno or node.lineno) for node in nodes]
