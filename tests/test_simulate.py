"""A synthetic class: the same for the same seed, every kind in it, and true in what it says about
itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from courses import make_tiny, submission_folder

from hwlib.errors import CourseError, SubmissionError
from hwlib.grading import Assignment, GradeOptions, grade_assignment, simulate
from hwlib.grading.answer_key import load_key
from hwlib.grading.proof.simulate import WEIGHTS
from hwlib.grading.submissions.files import find_submissions
from hwlib.grading.submissions.reading import read_submission
from hwlib.grading.submissions.repair import repair

WRONG = '''"""Takes half of twice."""
REPLACES = "half"
FAILS = ["half"]
HINT = "check failed"


def half(x):
    return x
'''
RIGHT = '''"""Multiplies."""
REPLACES = "half"


def half(x):
    return 0.5 * x
'''


@pytest.fixture
def tiny(tmp_path: Path) -> Assignment:
    assignment = make_tiny(tmp_path)
    for kind, source in (("wrong", WRONG), ("right", RIGHT)):
        (assignment.folder / kind).mkdir()
        (assignment.folder / kind / "one.py").write_text(source, encoding="utf-8")
    return assignment


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_files_and_another_seed_others(
    tiny: Assignment, tmp_path: Path
) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        simulate(tiny, 20, seed, tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


@pytest.mark.parametrize("seed", range(5))
def test_twelve_students_are_enough_for_every_kind(
    tiny: Assignment, tmp_path: Path, seed: int
) -> None:
    assert {one.kind for one in simulate(tiny, 12, seed, tmp_path / "class")} == set(WEIGHTS)


def test_every_kind_of_damage_appears_in_a_larger_class(tiny: Assignment, tmp_path: Path) -> None:
    notes = " ".join(one.note for one in simulate(tiny, 150, 0, tmp_path / "class"))
    for damage in (
        "all metadata",
        "Colab",
        "nbformat 4.",
        "deleted",
        "copied",
        "moved",
        "split in two",
        "cut off",
        "empty file",
        "script",
        "raises",
        "ends the process",
        "never ends",
        "scratch cells",
        "debugging print",
        "wrong/one",
        "right/one",
    ):
        assert damage in notes, damage


def test_the_layout_is_nbgraders_and_the_record_is_beside_it(
    tiny: Assignment, tmp_path: Path
) -> None:
    simulated = simulate(tiny, 12, 3, tmp_path / "class")
    assert sorted(path.name for path in (tmp_path / "class").iterdir()) == [
        "simulated.json",
        *(f"student-{number:03}" for number in range(1, 13)),
    ]
    found = find_submissions(tiny, tmp_path / "class")
    assert [one.student for one in found] == [one.student for one in simulated]
    assert all(one.notebook is not None and one.timestamp is not None for one in found)
    record = json.loads((tmp_path / "class" / "simulated.json").read_text())
    assert record["submissions"] == json.loads(json.dumps([asdict(one) for one in simulated]))


def test_only_the_unreadable_ones_are_unreadable(tiny: Assignment, tmp_path: Path) -> None:
    simulated = simulate(tiny, 60, 4, tmp_path / "class")
    for one, found in zip(simulated, find_submissions(tiny, tmp_path / "class"), strict=True):
        assert found.notebook is not None
        if one.kind == "unreadable":
            with pytest.raises(SubmissionError):
                read_submission(found.notebook)
        else:
            read_submission(found.notebook)


def test_honest_damage_is_noticed_by_the_repair(tiny: Assignment, tmp_path: Path) -> None:
    simulated = simulate(tiny, 120, 5, tmp_path / "class")
    key = load_key(tiny)
    seen = set()
    for one, found in zip(simulated, find_submissions(tiny, tmp_path / "class"), strict=True):
        damaged = one.kind == "damaged_cells" or "all metadata" in one.note or "Colab" in one.note
        if one.kind in ("reference", "damaged_cells", "damaged_metadata"):
            assert found.notebook is not None
            assert bool(repair(read_submission(found.notebook), key).problems) == damaged, one.note
            seen.add(damaged)
    assert seen == {True, False}


def test_real_submissions_are_never_overwritten(tiny: Assignment, tmp_path: Path) -> None:
    real = submission_folder(tiny, "student-002")
    (real / "tiny.ipynb").write_text("precious")
    with pytest.raises(CourseError, match="not made by `hw simulate`"):
        simulate(tiny, 3, 0, tmp_path / "submitted")
    assert contents(tmp_path / "submitted") == {"student-002/tiny/tiny.ipynb": b"precious"}


def test_a_second_simulation_replaces_the_first(tiny: Assignment, tmp_path: Path) -> None:
    simulate(tiny, 20, 0, tmp_path / "class")
    simulate(tiny, 12, 1, tmp_path / "class")
    assert len(find_submissions(tiny, tmp_path / "class")) == 12


def test_an_assignment_without_variants_and_a_class_of_one_work(tmp_path: Path) -> None:
    assignment = make_tiny(tmp_path)
    assert len(simulate(assignment, 1, 0, tmp_path / "one")) == 1
    assert {one.kind for one in simulate(assignment, 12, 0, tmp_path / "class")} == set(WEIGHTS) - {
        "wrong",
        "right",
    }
    with pytest.raises(CourseError, match="expected 1 or more"):
        simulate(assignment, 0, 0, tmp_path / "none")


def test_what_a_simulated_class_says_about_itself_is_what_grading_finds(
    tiny: Assignment, tmp_path: Path
) -> None:
    simulated = simulate(tiny, 24, 6, tmp_path / "class")
    report = grade_assignment(
        tiny, tmp_path / "class", tmp_path / "out", options=GradeOptions(jobs=1, seed=1)
    )
    for one, result in zip(simulated, report.submissions, strict=True):
        assert (one.student, one.status) == (result.student, result.status), one
        if one.score is not None:
            assert result.score == one.score, (one, result)
        if one.lost is not None:
            assert {q.id for q in result.questions if q.id != "why" and not q.points} == set(
                one.lost
            ), (one, result)
        if one.kind in ("raising", "crashing", "hanging"):
            assert result.score < 8, one
