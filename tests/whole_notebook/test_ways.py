"""However a right answer is written, both engines give it full marks."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ways_in_python
import ways_with_cells
import ways_with_files
import ways_with_values
from command_line import Grading
from whole_course import Way, hand_in, make_whole

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the isolated engine needs Linux"),
    pytest.mark.slow,
]

ALL_WAYS = "HWLIB_ALL_WAYS" in os.environ  # ask nbgrader about the rare ones, too: minutes
NBGRADERS = 2  # side by side: a kernel mostly waits
WAYS: tuple[Way, ...] = tuple(
    way
    for module in (ways_with_cells, ways_in_python, ways_with_files, ways_with_values)
    for way in module.WAYS
    if all(importlib.util.find_spec(name) or name not in way.name for name in ("torch", "pandas"))
)
FOR_NBGRADER = [way for way in WAYS if not way.not_nbgrader and (ALL_WAYS or not way.rare)]

Results = dict[str, dict[str, Any]]  # student → what the JSON says


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which each way was handed in by a student of its own."""
    root = tmp_path_factory.mktemp("ways")
    assignment = make_whole(root)
    for way in WAYS:
        hand_in(assignment, way)
    return root


@pytest.fixture(scope="module")
def isolated(course: Path) -> Results:
    return Grading(course, "whole", "--seed", "3").results()


@pytest.fixture(scope="module")
def nbgrader(course: Path) -> Iterator[Results]:
    students = [way.student for way in FOR_NBGRADER]
    options = ("--seed", "3", "--engine", "nbgrader")
    gradings = [
        Grading(
            course,
            "whole",
            *options,
            *("--output", str(course / f"nbgrader-{number}")),
            *(part for student in students[number::NBGRADERS] for part in ("--student", student)),
        )
        for number in range(NBGRADERS)
    ]
    yield {student: one for grading in gradings for student, one in grading.results().items()}


def lost(result: dict[str, Any]) -> dict[str, str]:
    """The questions without their points, and why."""
    return {
        question["id"]: f"{question['status']}: {question['message']}"
        for question in result["questions"]
        if question["points"] != question["max_points"]
    }


def test_every_way_is_a_student_of_its_own() -> None:
    assert len({way.student for way in WAYS}) == len(WAYS)
    assert len(FOR_NBGRADER) >= 60


def test_every_submission_comes_out_once(isolated: Results, nbgrader: Results) -> None:
    assert sorted(isolated) == sorted(way.student for way in WAYS)
    assert sorted(nbgrader) == sorted(way.student for way in FOR_NBGRADER)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.student)
def test_the_isolated_engine_gives_full_marks_or_leaves_it_to_a_human(
    way: Way, isolated: Results
) -> None:
    result = isolated[way.student]
    reasons = lost(result)
    assert bool(reasons) == bool(way.human), reasons
    assert all(reason.startswith("manual: ") for reason in reasons.values()), reasons
    assert result["status"] == ("needs_manual" if way.human else "graded")
    assert way.said in "\n".join(result["problems"])


@pytest.mark.parametrize("way", FOR_NBGRADER, ids=lambda way: way.student)
def test_nbgrader_gives_full_marks_to_what_it_has_the_files_for(
    way: Way, nbgrader: Results
) -> None:
    result = nbgrader[way.student]
    assert bool(lost(result)) == bool(way.nbgrader_lacks), lost(result)
    assert way.said in "\n".join(result["problems"])
