"""Honest students get the same points from this engine and from nbgrader's."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from hwlib.grading.course import find_course
from hwlib.grading.results import QuestionResult, QuestionStatus
from hwlib.grading.simulate import Kind

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def parity() -> ModuleType:
    """benchmarks/parity.py, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("parity", ROOT / "benchmarks" / "parity.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["parity"] = module          # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_simulated_class_has_the_same_points_from_both_engines(parity: ModuleType, tmp_path: Path) -> None:
    found = parity.compare_class(find_course(ROOT).assignment("knn"), 12, 5, tmp_path)
    assert found.submissions == 12
    assert found.questions == 12 * 8
    assert [str(one) for one in found.unexplained] == []
    assert found.standings == ()


def difference(parity: ModuleType, kind: Kind, here: tuple[float, QuestionStatus], theirs: tuple[float, QuestionStatus]) -> object:
    return parity.Difference("s1", "as made", kind == "crashing", *(QuestionResult("q", "Q", points, 5.0, status) for points, status in (here, theirs)))


def test_points_lost_with_a_dead_kernel_are_explained(parity: ModuleType) -> None:
    assert "kernel" in difference(parity, "crashing", (5, "passed"), (0, "crashed")).explanation


@pytest.mark.parametrize(("kind", "here", "theirs"), [
    ("crashing", (0, "failed"), (5, "passed")),         # nbgrader is never allowed to give more
    ("crashing", (5, "passed"), (0, "failed")),
    ("wrong", (5, "passed"), (0, "crashed")),
    ("hanging", (5, "passed"), (0, "timeout")),
    ("reference", (0, "error"), (5, "passed")),
])
def test_no_other_difference_is_excused(parity: ModuleType, kind: Kind, here: tuple[float, QuestionStatus],
                                        theirs: tuple[float, QuestionStatus]) -> None:
    found = difference(parity, kind, here, theirs)
    assert found.explanation == ""
    assert "NO EXPLANATION" in str(found)
