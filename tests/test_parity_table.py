"""Four graders on the same submissions: a sample, and what counts as a reason for a difference."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from courses import hand_in, make_tiny, solved
from parity_graders import GRADERS, Graded, HandIn, digest, grade_with_all
from parity_table import PAGE, RECORD, Apart, Compared, _why, differences, page, present

from hwlib.grading import find_course
from hwlib.grading.submissions.files import FoundSubmission

ROOT = Path(__file__).parents[1]


def a_hand_in(kind: str, loses: frozenset[str] = frozenset()) -> HandIn:
    return HandIn(FoundSubmission("s", Path(), None, None), kind, loses)


@pytest.mark.parametrize(
    ("one", "grader", "there", "here", "reason"),
    [
        (a_hand_in("crashing"), "otter", (0, "crashed"), (5, "passed"), "a wrong zero"),
        (a_hand_in("hanging"), "nbgrader", (0, "timeout"), (5, "passed"), "a wrong zero"),
        (a_hand_in("hanging"), "otter", (5, "passed"), (0, "timeout"), "more: its time"),
        (a_hand_in("hanging"), "nbgrader", (5, "passed"), (0, "timeout"), ""),
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


def test_a_question_that_a_grader_has_lost_is_a_difference(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path)
    ours = {"double": (3.0, "passed"), "double-negative": (0.0, "failed"), "half": (4.0, "passed")}
    theirs = {"double": (3.0, "passed"), "half": (4.000001, "passed")}
    graded = {"isolated": Graded({"s": ours}, 1), "otter": Graded({"s": theirs}, 1)}
    (found,) = differences(tiny, [a_hand_in("right")], graded)
    assert (found.question, found.grader, found.points) == ("double-negative", "otter", -1)
    assert found.why == ""


def test_a_comparison_that_was_stopped_goes_on_with_what_is_not_done(tmp_path: Path) -> None:
    tiny, kept = make_tiny(tmp_path / "course"), tmp_path / "kept"
    found = []
    for student in ("ada", "bob", "cat"):
        folder = hand_in(tiny, student, solved(tiny))
        found.append(FoundSubmission(student, folder, folder / "tiny.ipynb", None))
    whole = grade_with_all(tiny, found, 1, ("isolated",), kept=kept)["isolated"].points
    lines = (kept / "isolated").read_text("utf-8").splitlines(keepends=True)
    marked = lines[0].replace('"passed"', '"kept"')
    (kept / "isolated").write_text(marked + lines[1][:-9], encoding="utf-8")  # was stopped
    again = grade_with_all(tiny, found, 1, ("isolated",), kept=kept)["isolated"].points
    assert (again["bob"], again["cat"]) == (whole["bob"], whole["cat"])
    assert {status for _, status in again["ada"].values()} == {"kept", "manual"}


def test_a_comparison_is_out_of_date_when_a_file_it_used_has_changed(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path)
    before = digest(tiny)
    (tiny.folder / "assignment.toml").touch()
    assert digest(tiny) == before
    (tiny.folder / "wrong").mkdir(exist_ok=True)
    (tiny.folder / "wrong" / "new.py").write_text("x = 1\n", encoding="utf-8")
    assert digest(tiny) != before


def test_a_difference_without_a_reason_is_in_bold_on_the_page() -> None:
    apart = [
        Apart("s", "q", "otter", 5, 0, ""),
        Apart("t", "q", "otter", 5, 0, "fooled: it must lose"),
    ]
    done = Compared("knn", list(GRADERS), 4, 32, 30, {"isolated": 60.0, "otter": 90.0}, apart)
    assert done.unexplained == apart[:1]
    text = page({"knn": asdict(done)}, {"em": "1", "knn": done.digest})
    assert "| em | not compared yet | | | | | |" in text
    assert "| knn | 4 | 32 | 30 | 2 | 1 | as they are |" in text
    assert "| knn | 4 | 32 | 30 | 2 | 1 | earlier |" in page({"knn": asdict(done)}, {"knn": "2"})
    assert "| knn | 15.0 | – | 22.5 | – |" in text
    assert "| knn | s | q | otter | 5 | 0 | **no known reason** |" in text
    assert "| otter | fooled: it must lose | 1 |" in text


def test_the_page_is_written_from_the_record() -> None:
    record = json.loads(RECORD.read_text("utf-8"))
    expected = page(record, present(find_course(ROOT)))
    assert PAGE.read_text("utf-8") == expected, "run python tools/parity_table.py --page"
    assert not [one for each in record.values() for one in each["apart"] if not one["why"]]
