"""What a feedback page tells before the deadline, after it, and after grading."""

from __future__ import annotations

import datetime
from pathlib import Path

import needs
import pytest
from courses import hand_in, make_tiny, outcome, solved
from recorded_classes import WHEN, gradebook
from test_feedback import Page

from hwlib.commands import run
from hwlib.errors import AuthoringError
from hwlib.grading import Assignment
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import find_course
from hwlib.grading.records.feedback import feedback_page

LEVELS = '\n[feedback]\nnow = "category"\ndeadline = "hint"\ngraded = "input"\n'
LUCKY = "def half(x):\n    return 1.0\n"


def with_levels(root: Path, text: str = LEVELS) -> Assignment:
    make_tiny(root)
    path = root / "course.toml"
    path.write_text(path.read_text() + text)
    return find_course(root).assignment("tiny")


def page(assignment: Assignment) -> str:
    return Page((assignment.course.root / "feedback/bob/tiny/tiny.html").read_text()).text


def set_due(assignment: Assignment, days: float) -> None:
    due = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    with gradebook(assignment) as book:
        book.update_or_create_assignment("tiny", duedate=f"{due:%Y-%m-%d %H:%M:%S} UTC")


@needs.linux
def test_the_page_tells_more_after_the_deadline_and_most_after_grading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = with_levels(tmp_path)
    monkeypatch.chdir(tmp_path)
    hand_in(tiny, "bob", solved(tiny, solution_half=LUCKY), WHEN)
    symptom, failing = "A check failed: assert math.isclose", "It failed with this input: 3"
    for days in (None, 1):
        if days is not None:
            set_due(tiny, days)
        assert run(["grade", "tiny"]) == 0
        assert "a check failed" in page(tiny)
        assert "After the deadline it also tells why." in page(tiny)
        assert symptom not in page(tiny)
        assert failing not in page(tiny)
    set_due(tiny, -1)
    assert run(["grade", "tiny"]) == 0
    assert symptom in page(tiny)
    assert failing not in page(tiny)  # the written answer waits
    with gradebook(tiny) as book:
        book.grant_extension("tiny", "bob", days=3)
    assert run(["grade", "tiny"]) == 0
    assert symptom not in page(tiny)
    with gradebook(tiny) as book:
        book.grant_extension("tiny", "bob", days=0)
        grade = book.find_grade("answer-why", "tiny", "tiny", "bob")
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        book.db.commit()
    assert run(["grade", "tiny"]) == 0
    assert symptom in page(tiny)
    assert failing in page(tiny)


def test_without_the_table_symptom_and_hint_are_told_and_never_the_input(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path)
    key = load_key(tiny)
    told = feedback_page(outcome(key, "bob", ("half",)), key, None, inputs={"half": "3"})
    assert "The values are too large." in told
    assert "It failed with this input" not in told


def test_an_unknown_level_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(AuthoringError, match=r"course\.toml:6: now: unknown level 'all'"):
        with_levels(tmp_path, '\n[feedback]\nnow = "all"\n')
