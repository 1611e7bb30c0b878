"""A global that a test assigns is the one that student code reads, as in a notebook."""

from __future__ import annotations

from pathlib import Path

import needs
from asked_of_both import asked, make_class, verdicts

pytestmark = needs.linux

SETUP = """
RATE = 1
SIZES = [3, 4]
"""
# question → the course's solution, its test, and code that takes the old value
QUESTIONS = (
    asked(
        "own",
        "base = 1\ndef own():\n    return base",
        "base = 5\nassert own() == 5",
        wrong="base = 1\ndef own():\n    return 1",
    ),
    asked(
        "scaled",
        "def scaled(x):\n    return RATE * x",
        "assert scaled(2) == 2\nRATE = 3\nassert scaled(2) == 6",
        wrong="def scaled(x, rate=RATE):\n    return rate * x",
    ),
    asked(
        "layers",
        "def layers():\n    return len(SIZES)",
        "for SIZES in ([1], [1, 2, 3]):\n    assert layers() == len(SIZES)",
        wrong="KEPT = SIZES\ndef layers():\n    return len(KEPT)",
    ),
    # how deep calls may go is the process's, too
    asked(
        "depth",
        "def depth(n):\n    return sum(1 for _ in range(n))",
        """
        import sys
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(300)
        try:
            assert depth(600) == 600
        finally:
            sys.setrecursionlimit(limit)
        """,
        wrong="def depth(n):\n    return n and 1 + depth(n - 1)",
    ),
)


def test_student_code_reads_what_the_test_has_assigned(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, SETUP, QUESTIONS, ("right", "wrong"))
    isolated = verdicts(assignment, "isolated")
    assert set(isolated["right"].values()) == {"passed"}, isolated["right"]
    assert not {"passed", "manual"} & set(isolated["wrong"].values()), isolated["wrong"]
    nbgrader = verdicts(assignment, "nbgrader")
    assert {
        who: {name for name, one in found.items() if one == "passed"}
        for who, found in nbgrader.items()
    } == {
        "right": {one.name for one in QUESTIONS},
        "wrong": set(),
    }
