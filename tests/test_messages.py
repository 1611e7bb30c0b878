"""What students and instructors read: every kind of message, from real submissions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import messages
import needs
import pytest

from hwlib.grading.results import GradeReport, QuestionResult

pytestmark = needs.linux


@dataclass(frozen=True)
class Reports:
    """The same submissions, graded by both engines."""

    isolated: GradeReport
    nbgrader: GradeReport

    def questions(self) -> Iterator[QuestionResult]:
        """All questions of all submissions, of both."""
        for report in (self.isolated, self.nbgrader):
            for submission in report.submissions:
                yield from submission.questions

    def lines(self) -> Iterator[str]:
        """Everything that a student reads, and what an instructor reads."""
        for question in self.questions():
            yield from (question.message, question.hint)
        for report in (self.isolated, self.nbgrader):
            yield from report.complaints
            for submission in report.submissions:
                yield from submission.problems


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    course = messages.make(tmp_path_factory.mktemp("messages"))
    return Reports(messages.grade(course, "isolated"), messages.grade(course, "nbgrader"))


def test_the_page_of_messages_is_up_to_date(reports: Reports) -> None:
    """If a message was changed on purpose: python tests/messages.py, and read the page aloud."""
    expected = messages.PAGE.read_text(encoding="utf-8")
    assert messages.page(reports.isolated, reports.nbgrader) == expected


def test_each_message_is_one_line_and_shows_nothing_hidden(reports: Reports) -> None:
    for line in reports.lines():
        assert "\n" not in line
        assert not re.search(r"[\x00-\x1f\x7f]", line)
        assert messages.SECRET not in line
        assert "4705" not in line
        assert "Unsendable" not in line


def test_a_question_without_full_marks_says_why(reports: Reports) -> None:
    for question in reports.questions():
        assert question.message or question.points == question.max_points, question.id


def test_code_is_said_to_raise_only_where_it_did(reports: Reports) -> None:
    by_name = dict(messages.named())
    for report in (reports.isolated, reports.nbgrader):
        for submission in report.submissions:
            for question in submission.questions:
                case = by_name.get(question.id)
                if case is None or not question.message.startswith("Your code raised"):
                    continue
                assert case.student == submission.student
                assert re.search(r"raise|/ 0|assert|undefined|import|F\(x\)", case.answer)


def test_the_two_engines_give_the_same_points(reports: Reports) -> None:
    """Except where one of them leaves the question to a human."""
    for ours, theirs in zip(
        reports.isolated.submissions, reports.nbgrader.submissions, strict=True
    ):
        if ours.student in ("ben", "eve", "gus"):  # hangs, or a kernel that ends, costs more there
            continue
        for one, other in zip(ours.questions, theirs.questions, strict=True):
            agree = "It agrees with another of your functions" in one.message  # fools nbgrader
            if "manual" not in (one.status, other.status) and not agree:
                assert (one.points, one.status) == (other.points, other.status), one.id


def test_complaints_are_in_notebook_order_after_one_that_sums_up(reports: Reports) -> None:
    summary, *others = reports.isolated.complaints
    assert "questions wait for a human, in every submission" in summary
    of_course = [line for line in others if line.startswith("messages: f") and "waits" not in line]
    places = [line.split()[1] for line in of_course]
    assert len(places) >= 4
    assert places == sorted(places)
