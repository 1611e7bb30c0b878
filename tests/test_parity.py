"""Honest students get the same points from this engine and from nbgrader's."""

from __future__ import annotations

from pathlib import Path

import pytest
from parity import Difference, compare_class

from hwlib.grading import find_course
from hwlib.grading.proof.simulate import Kind
from hwlib.grading.results import QuestionResult, QuestionStatus

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_a_simulated_class_has_the_same_points_from_both_engines(tmp_path: Path) -> None:
    found = compare_class(find_course(ROOT).assignment("knn"), 12, 5, tmp_path)
    assert found.submissions == 12
    assert found.questions == 12 * 8
    assert [str(one) for one in found.unexplained] == []
    assert found.standings == ()


def difference(
    kind: Kind, here: tuple[float, QuestionStatus], theirs: tuple[float, QuestionStatus]
) -> Difference:
    isolated, nbgrader = (
        QuestionResult("q", "Q", points, 5.0, status) for points, status in (here, theirs)
    )
    return Difference("s1", "as made", kind == "crashing", isolated, nbgrader)


def test_points_lost_with_a_dead_kernel_are_explained() -> None:
    assert "kernel" in difference("crashing", (5, "passed"), (0, "crashed")).explanation


@pytest.mark.parametrize(
    ("kind", "here", "theirs"),
    [
        ("crashing", (0, "failed"), (5, "passed")),  # nbgrader is never allowed to give more
        ("crashing", (5, "passed"), (0, "failed")),
        ("wrong", (5, "passed"), (0, "crashed")),
        ("hanging", (5, "passed"), (0, "timeout")),
        ("reference", (0, "error"), (5, "passed")),
    ],
)
def test_no_other_difference_is_excused(
    kind: Kind, here: tuple[float, QuestionStatus], theirs: tuple[float, QuestionStatus]
) -> None:
    found = difference(kind, here, theirs)
    assert found.explanation == ""
    assert "NO EXPLANATION" in str(found)
