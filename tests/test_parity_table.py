"""Four graders on the same submissions: a sample, and what counts as a reason for a difference."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

import needs
import pytest
from parity_table import GRADERS, Apart, Compared, HandIn, _why, compare, hand_ins, page

from hwlib.grading import find_course
from hwlib.grading.submissions.files import FoundSubmission

ROOT = Path(__file__).parents[1]
# Gradescope's container needs root, bubblewrap and the package registry
CONTAINER = sys.platform == "linux" and os.getuid() == 0 and shutil.which("bwrap") is not None


@needs.installed("otter")
@needs.linux
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_sample_has_the_same_points_from_all_graders(tmp_path: Path) -> None:
    assignment = find_course(ROOT).assignment("knn")
    made = hand_ins(assignment, tmp_path, 0, 1)
    kinds = ("reference", "release", "wrong", "right")
    sample = [next(one for one in made if one.kind == kind) for kind in kinds]
    graders = GRADERS if CONTAINER else GRADERS[:3]
    found = compare(assignment, sample, 5, graders)
    assert [str(one) for one in found.apart] == []
    assert (found.submissions, found.questions, found.same) == (4, 32, 32)


def a_hand_in(kind: str, loses: frozenset[str] = frozenset()) -> HandIn:
    return HandIn(FoundSubmission("s", Path(), None, None), kind, loses)


@pytest.mark.parametrize(
    ("one", "grader", "there", "here", "reason"),
    [
        (a_hand_in("crashing"), "otter", (0, "crashed"), (5, "passed"), "a wrong zero"),
        (a_hand_in("hanging"), "nbgrader", (0, "timeout"), (5, "passed"), "a wrong zero"),
        (a_hand_in("wrong", frozenset("q")), "otter", (5, "passed"), (0, "failed"), "fooled"),
        (a_hand_in("reference"), "nbgrader", (0, "manual"), (5, "passed"), "left to a human"),
        # nothing else is excused, and no difference of Gradescope's
        (a_hand_in("right"), "otter", (0, "failed"), (5, "passed"), ""),
        (a_hand_in("wrong"), "otter", (5, "passed"), (0, "failed"), ""),
        (a_hand_in("reference"), "otter", (0, "crashed"), (5, "passed"), ""),
        (a_hand_in("crashing"), "gradescope", (0, "crashed"), (5, "passed"), ""),
    ],
)
def test_only_known_reasons_excuse_a_difference(
    one: HandIn, grader: str, there: tuple[float, str], here: tuple[float, str], reason: str
) -> None:
    found = _why(one, grader, "q", there, *here)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_a_difference_without_a_reason_is_in_bold_on_the_page() -> None:
    apart = [Apart("s", "q", "otter", 5, 0, "")]
    done = Compared("knn", list(GRADERS), 4, 32, 31, {"isolated": 60.0, "otter": 90.0}, apart)
    assert done.unexplained == apart
    text = page({"knn": asdict(done)})
    counts = "| knn | 4 | 32 | 31 | 1 | 1 | isolated, nbgrader, otter, gradescope | 1.0 + 1.5 |"
    assert counts in text
    assert "| knn | s | q | otter | 5 | 0 | **no known reason** |" in text
