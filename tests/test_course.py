"""course.toml and assignment.toml: every fault with its file, its line and what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from courses import make_assignment, make_course

from hwlib.errors import AuthoringError, CourseError
from hwlib.grading import find_course

GOOD = 'title = "S"\npoints = 5\nminutes = 1\n'
FAULTS = {
    "no TOML": ('title = "S"\npoints = = 5\n', 2, "not valid TOML"),
    "a missing key": ('title = "S"\npoints = 5\n', 2, "the key 'minutes' is missing; add a line"),
    "an unknown key": (GOOD + "minuets = 2\n", 4, "unknown key 'minuets'; use one of: title,"),
    "a number that is text": (
        GOOD.replace("5", '"5"'),
        2,
        "points must be a number, found '5'; write it without quotes: points = 5",
    ),
    "a number that is a truth value": (GOOD.replace("5", "true"), 2, "found true"),
    "a text that is a number": (
        GOOD.replace('"S"', "7"),
        1,
        'title must be a text, found 7; write it in quotes: title = "…"',
    ),
    "negative points": (GOOD.replace("5", "-5"), 2, "points must be 0 or more, found -5"),
    "a negative limit": (GOOD + "[limits]\nquestion_s = -1\n", 5, "question_s must be positive"),
    "an unknown limit": (
        GOOD + "[limits]\ncores = 2\n",
        5,
        "unknown key 'cores'; use one of: question_s, submission_s, memory_mb",
    ),
}


@pytest.mark.parametrize(("toml", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_assignment_toml_stops_with_line_and_words(
    tmp_path: Path, toml: str, line: int, words: str
) -> None:
    course = make_course(tmp_path, toml_text=toml)
    with pytest.raises(AuthoringError) as caught:
        course.assignment("small")
    assert str(caught.value).startswith(f"small/assignment.toml:{line}: ")
    assert words in str(caught.value)


def test_limits_that_are_not_given_have_their_defaults(tmp_path: Path) -> None:
    toml = GOOD + "[limits]\nsubmission_s = 7.5\n"
    limits = make_course(tmp_path, toml_text=toml).assignment("small").limits
    plain = make_course(tmp_path, toml_text=GOOD).assignment("small").limits
    assert (limits.submission_s, limits.question_s) == (7.5, plain.question_s)


def test_the_course_is_found_from_any_folder_below_it(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    assert find_course(course.assignment("small").folder).root == course.root


def test_a_fault_in_course_toml_stops_with_line_and_words(tmp_path: Path) -> None:
    make_course(tmp_path)
    (tmp_path / "course.toml").write_text('title = "S"\nrepo = "x"\nrepository = "x"\n')
    with pytest.raises(AuthoringError, match=r"course\.toml:2: unknown key 'repo'"):
        find_course(tmp_path)


def test_an_assignment_that_is_named_twice_is_there_once(tmp_path: Path) -> None:
    course = make_assignment(tmp_path).course
    assert [one.slug for one in course.assignments(("small", "small"))] == ["small"]


def test_an_unknown_assignment_is_a_course_error(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="large"):
        make_course(tmp_path).assignment("large")
