"""The lines that mark solutions and hidden tests in a cell.

They are nbgrader's: `generate_assignment` cuts out the regions and puts stubs in their place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "BEGIN_HIDDEN",
    "CODE_STUB",
    "END_HIDDEN",
    "TEXT_STUB",
    "hidden_lines",
    "is_unsolved",
]

BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
CODE_STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
TEXT_STUB = "YOUR ANSWER HERE"

_CODE_STUB = re.compile(rf"^[ \t]*{CODE_STUB[0]}\n[ \t]*{re.escape(CODE_STUB[1])}", re.MULTILINE)


def hidden_lines(lines: Sequence[str]) -> frozenset[int]:
    """Numbers (from 1) of the lines of hidden tests, including the BEGIN marker.

    >>> sorted(hidden_lines(["a", BEGIN_HIDDEN, "b", END_HIDDEN]))
    [2, 3]
    """
    hidden, inside = set[int](), False
    for number, line in enumerate(lines, 1):
        inside = (inside or BEGIN_HIDDEN in line) and END_HIDDEN not in line
        if inside:
            hidden.add(number)
    return frozenset(hidden)


def is_unsolved(source: str) -> bool:
    """Whether a cell still has the stub that was released in place of a solution.

    >>> is_unsolved("def f():\\n    # YOUR CODE HERE\\n    raise NotImplementedError()")
    True
    >>> is_unsolved("def f():\\n    # YOUR CODE HERE\\n    return 1")
    False
    """
    return bool(_CODE_STUB.search(source)) or source.rstrip().endswith(TEXT_STUB)
