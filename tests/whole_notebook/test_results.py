"""What a test does with a result is felt by the student's code where a notebook lets it feel it."""

from __future__ import annotations

from pathlib import Path

import needs
from asked_of_both import asked, make_class, verdicts

SETUP = """
import functools

import numpy as np
"""
# question → what students do, and whether the notebook gives the point; others are right
QUESTIONS = (
    asked(
        "pair",
        "def pair(n):\n    return np.zeros(n), [0]",
        """
        zeros, items = pair(2)
        zeros[0] = 5
        items.append(1)
        again = pair(2)
        assert (again[0] == 0).all() and again[1] == [0]
        """,
        kept="KEPT = (np.zeros(2), [0])\ndef pair(n):\n    return KEPT",
        cached="@functools.lru_cache\ndef pair(n):\n    return np.zeros(n), [0]",
        part="ZEROS = np.zeros(9)\ndef pair(n):\n    return ZEROS[:n], [0]",
    ),
    asked(
        "nested",
        'def nested(n):\n    return 1.0, {"W": (np.zeros(n), [np.ones(n)])}',
        """
        _, found = nested(2)
        found["W"][1][0][:] = 5
        assert nested(2)[1]["W"][1][0][0] == 1
        """,
        kept='ONES = [np.ones(2)]\ndef nested(n):\n    return 1.0, {"W": (np.zeros(n), ONES)}',
    ),
)
FAILED = {"kept": {"pair", "nested"}, "cached": {"pair"}, "part": {"pair"}, "right": set()}


@needs.linux
def test_a_result_that_student_code_has_kept_changes_with_the_tests(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, SETUP, QUESTIONS, tuple(FAILED))
    for engine in ("isolated", "nbgrader"):
        found = verdicts(assignment, engine)
        lost = {
            student: {name for name, status in questions.items() if status != "passed"}
            for student, questions in found.items()
        }
        assert lost == FAILED, engine
