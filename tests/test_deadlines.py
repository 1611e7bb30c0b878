"""Deadlines, extensions and late rules of course.toml, and extra credit: one score everywhere."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from courses import hand_in, make_tiny, solved
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook

from hwlib.commands import run
from hwlib.errors import AuthoringError, CourseError, RecordingError
from hwlib.grading import Assignment, find_course
from hwlib.grading.deadlines import LateRule
from hwlib.grading.grade import GradeOptions, grade_assignment
from hwlib.grading.records.class_results import class_results
from hwlib.grading.records.gradebook_rows import load_nbgrader_config
from hwlib.grading.records.late_rules import LatePenalties
from hwlib.grading.records.times import parse_time
from hwlib.grading.results import SubmissionResult

DATES = """
[deadlines]
tiny = 2027-02-01T23:00:00+01:00

[late]
percent_per_day = 10
at_most_percent = 50
grace_minutes = 15

[extensions.tiny]
eve = 3
"""
# in UTC, where the deadline is 22:00
HAND_INS = {
    "ada": "2027-02-01 22:10:00 UTC",  # within the grace
    "bob": "2027-02-03 11:00:00 +0100",  # 36 hours: the second day has begun
    "eve": "2027-02-03 10:00:00 UTC",  # has three days more
    "zoe": "2027-03-01 10:00:00 UTC",  # four weeks
}
# each has 8 points by tests; 2 more are given by a human
LOST = {"ada": 0.0, "bob": 1.6, "eve": 0.0, "zoe": 4.0}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """The assignment, with the dates, and handed in by all."""
    root = tmp_path_factory.mktemp("dates")
    make_tiny(root)
    with (root / "course.toml").open("a", encoding="utf-8") as file:
        file.write(DATES)
    assignment = find_course(root).assignment("tiny")
    for student, time in HAND_INS.items():
        hand_in(assignment, student, solved(assignment), time)
    return assignment


def graded(assignment: Assignment, output: Path, **options: object) -> dict[str, SubmissionResult]:
    submitted = assignment.course.root / "submitted"
    report = grade_assignment(
        assignment,
        submitted,
        output,
        options=GradeOptions(seed=1, **options),  # type: ignore[arg-type]
    )
    return {one.student: one for one in report.submissions}


def test_a_dry_run_the_gradebook_and_the_page_have_one_score(
    tiny: Assignment, tmp_path: Path
) -> None:
    preview = graded(tiny, tmp_path, dry_run=True)
    found = graded(tiny, tmp_path)
    for student, lost in LOST.items():
        assert preview[student].score == found[student].score == pytest.approx(8 - lost)
        assert found[student].late_penalty == pytest.approx(lost)
        page = (tmp_path / "feedback" / student / "tiny" / "tiny.html").read_text("utf-8")
        assert f"{8 - lost:g} of 10 points" in page
        assert ("You handed this in late" in page) == bool(lost)
    handed_in = tiny.course.root / "submitted" / "bob" / "tiny" / "timestamp.txt"
    beside = tmp_path / "feedback" / "bob" / "tiny" / "timestamp.txt"
    assert beside.read_text() == handed_in.read_text().strip()  # for nbgrader release_feedback
    with book(tmp_path) as opened:
        for student, lost in LOST.items():
            kept = opened.find_submission("tiny", student)
            assert kept.score - kept.late_submission_penalty == pytest.approx(8 - lost)
            assert kept.total_seconds_late == {"ada": 600, "bob": 129_600}.get(
                student, kept.total_seconds_late
            )
        assert str(opened.find_assignment("tiny").duedate) == "2027-02-01 22:00:00"
        assert opened.find_submission("tiny", "eve").total_seconds_late == 0
    # reports and exports call nobody late who is within the grace
    told = class_results(tiny, tmp_path).submissions
    assert {one.result.student for one in told if one.late_s} == {"bob", "zoe"}


def test_what_a_human_gives_changes_the_penalty_and_extra_credit_counts(
    tiny: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded(tiny, tmp_path)
    with book(tmp_path) as opened:
        mark = opened.find_grade("answer-why", "tiny", "tiny", "bob")
        mark.manual_score, mark.needs_manual_grade, mark.extra_credit = 2, False, 1
        opened.db.commit()
    # 20 % of 11 instead of 8, for exports at once and for the rest after the next run
    now = {one.result.student: one.result for one in class_results(tiny, tmp_path).submissions}
    assert (now["bob"].score, now["bob"].late_penalty) == pytest.approx((8.8, 2.2))
    monkeypatch.chdir(tiny.course.root)
    assert run(["diff", "tiny", "--output", str(tmp_path), "--json", str(tmp_path / "d.json")]) == 0
    changes = json.loads((tmp_path / "d.json").read_text("utf-8"))["changes"]
    assert [(one["student"], one["question"], one["after"]) for one in changes] == [
        ("bob", "late penalty", pytest.approx(-2.2))
    ]
    bob = graded(tiny, tmp_path)["bob"]
    assert bob.cached
    assert (bob.extra_credit, bob.late_penalty) == pytest.approx((1, 2.2))  # 20 % of 11
    assert bob.score == pytest.approx(8.8)
    assert bob.to_dict()["score"] == pytest.approx(8.8)
    with book(tmp_path) as opened:
        kept = opened.find_submission("tiny", "bob")
        assert kept.score - kept.late_submission_penalty == pytest.approx(8.8)
    pages = {
        student: (tmp_path / "feedback" / student / "tiny" / "tiny.html").read_text("utf-8")
        for student in ("ada", "bob")
    }
    assert "This includes 1 point of extra credit." in pages["bob"]
    waits = "A human will grade this answer."
    assert {student: waits in page for student, page in pages.items()} == {
        "ada": True,
        "bob": False,
    }


def test_nbgraders_engine_gives_the_same_score(tiny: Assignment, tmp_path: Path) -> None:
    options = GradeOptions(engine="nbgrader", seed=1)
    submitted = tiny.course.root / "submitted"
    (bob,) = grade_assignment(tiny, submitted, tmp_path, ["bob"], options).submissions
    assert (bob.score, bob.late_penalty) == pytest.approx((6.4, 1.6))


@settings(deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(
        lambda one: one.replace(microsecond=0)
    ),
    st.integers(-48, 56).map(lambda quarters: timedelta(minutes=15 * quarters)),
    st.sampled_from(["", " ", "  "]),
    st.sampled_from(["", ":"]),
    st.sampled_from(["", ".000000"]),
    st.sampled_from([" ", "T"]),
)
def test_a_time_with_an_offset_is_that_time_however_it_is_written(
    when: datetime, offset: timedelta, gap: str, colon: str, fraction: str, between: str
) -> None:
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    sign = "-" if offset < timedelta() else "+"
    local = f"{when + offset:%Y-%m-%d{between}%H:%M:%S}{fraction}"
    written = f"{local}{gap}{sign}{hours:02}{colon}{minutes:02}\n"
    assert parse_time(written) == (when, [])


@pytest.mark.parametrize(
    "text",
    [
        "2027-07-01 12:00:00 CEST",
        "2027-07-01 12:00:00 XYZ",
        "2027-07-01 12:00:00.5 Zurich",
        "Thu, 1 Jul 2027 12:00:00 CEST",
        "2027-07-01T12:00:00CEST",
    ],
)
def test_a_time_in_an_unknown_zone_is_named_and_not_taken_for_utc(text: str) -> None:
    when, (problem,) = parse_time(text)
    assert when is None and repr(text) in problem and "was not used" in problem


def test_a_zone_that_is_known_counts() -> None:
    noon = datetime(2027, 1, 1, 12)
    for text in ("12:00:00 UTC", "13:00:00 CET", "13:00:00 Europe/Zurich", "12:00:00"):
        assert parse_time(f"2027-01-01 {text}") == (noon, [])


def test_the_table_and_the_json_say_what_being_late_costs(
    tiny: Assignment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tiny.course.root)
    file = tmp_path / "out.json"
    assert run(["grade", "tiny", "--output", str(tmp_path), "--json", str(file)]) == 0
    table = capsys.readouterr().out
    assert "late" in table.splitlines()[1] + table.splitlines()[2]
    assert "-1.6" in table
    assert " -0 " not in table
    told = {one["student"]: one for one in json.loads(file.read_text())["submissions"]}
    assert told["bob"]["late_penalty"] == pytest.approx(1.6)
    assert told["bob"]["score"] == pytest.approx(6.4)


def book(output: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{output / 'gradebook.db'}", "tiny")


# ---- the rule ------------------------------------------------------------------------------------


@given(
    points=st.floats(0, 1e6),
    late_s=st.floats(-1e7, 1e7),
    percent=st.floats(0, 100),
    most=st.floats(0, 100),
)
def test_a_penalty_is_never_negative_nor_more_than_what_was_earned(
    points: float, late_s: float, percent: float, most: float
) -> None:
    penalty = LateRule(percent, most).penalty(points, late_s)
    assert 0 <= penalty <= points
    assert penalty == 0 or late_s > 0


FAULTS = {
    "a date without a zone": ("[deadlines]\ntiny = 2027-02-01T23:00:00\n", 5, "offset from UTC"),
    "a date in words": ('[deadlines]\ntiny = "Monday"\n', 5, "must be a date and time"),
    "an unknown assignment": (
        "[deadlines]\ntyni = 2027-02-01T23:00:00Z\n",
        5,
        "there is no assignment 'tyni'",
    ),
    "an unknown key": ("[late]\nper_day = 10\n", 5, "unknown key 'per_day' in [late]"),
    "more than everything": ("[late]\npercent_per_day = 200\n", 5, "a number from 0 to 100"),
    "no rule": ("[late]\ngrace_minutes = 5\n", 4, "needs percent_per_day"),
    "an extension in words": ('[extensions.tiny]\neve = "two"\n', 5, "must be a number of days"),
}


@pytest.mark.parametrize(("text", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_date_names_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    (tmp_path / "assignments" / "tiny").mkdir(parents=True)
    (tmp_path / "assignments" / "tiny" / "assignment.toml").touch()
    head = 'title = "Dates"\nterm = "Test"\n\n'
    (tmp_path / "course.toml").write_text(head + text, encoding="utf-8")
    with pytest.raises(AuthoringError) as caught:
        find_course(tmp_path)
    assert (
        str(caught.value).startswith(f"{tmp_path / 'course.toml'}:{line}: ")
        or str(caught.value).partition(f"course.toml:{line}: ")[2]
    )
    assert words in str(caught.value)


# ---- a rule of nbgrader's ------------------------------------------------------------------------

RULE = """\
from nbgrader.plugins import BasePlugin

PERCENT = {percent}


class Hourly(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score * PERCENT * round(total_seconds_late / 3600) / 100
"""
PLUGIN = 'c.AssignLatePenalties.plugin_class = "{module}.Hourly"\n'


def course_with_a_rule(root: Path, module: str, percent: float) -> Assignment:
    """A course with a late rule beside its nbgrader_config.py, and one hand-in, 36 hours late."""
    assignment = make_tiny(root, config=PLUGIN.format(module=module))
    (root / f"{module}.py").write_text(RULE.format(percent=percent), encoding="utf-8")
    with (root / "course.toml").open("a", encoding="utf-8") as file:
        file.write("[deadlines]\ntiny = 2027-02-01T23:00:00+01:00\n")
    assignment = find_course(root).assignment("tiny")
    hand_in(assignment, "bob", solved(assignment), HAND_INS["bob"])
    return assignment


def test_a_rule_of_nbgraders_costs_the_same_everywhere(tmp_path: Path) -> None:
    assignment = course_with_a_rule(tmp_path, "rule_of_one", 1)

    def told() -> dict[str, float]:
        now = {
            "dry run": graded(assignment, tmp_path, dry_run=True)["bob"],
            "report": class_results(assignment, tmp_path).submissions[0].result,
            "graded": graded(assignment, tmp_path)["bob"],
            "report after it": class_results(assignment, tmp_path).submissions[0].result,
        }
        with book(tmp_path) as opened:
            kept = opened.find_submission("tiny", "bob")
            penalty, score = kept.late_submission_penalty, kept.score
        page = (tmp_path / "feedback" / "bob" / "tiny" / "tiny.html").read_text("utf-8")
        assert f"{score - penalty:g} of 10 points" in page
        return {"gradebook": penalty, **{who: one.late_penalty for who, one in now.items()}}

    preview = graded(assignment, tmp_path, dry_run=True)["bob"]
    assert preview.late_penalty == pytest.approx(0.36 * 8)
    graded(assignment, tmp_path)
    assert list(told().values()) == pytest.approx([0.36 * 8] * 5)
    with book(tmp_path) as opened:
        mark = opened.find_grade("answer-why", "tiny", "tiny", "bob")
        mark.manual_score, mark.needs_manual_grade, mark.extra_credit = 2, False, 1
        opened.db.commit()
    assert list(told().values()) == pytest.approx([0.36 * 11] * 5)
    import rule_of_one  # type: ignore[import-not-found]  # the course's; loaded above

    rule_of_one.PERCENT = 2  # another rule: nothing is graded again for it
    assert graded(assignment, tmp_path, dry_run=True)["bob"].cached
    assert list(told().values()) == pytest.approx([0.72 * 11] * 5)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("c.A.b = = 3\n", r"nbgrader_config\.py:3: .*SyntaxError: invalid syntax.*; correct this"),
        ("\nc.A.b = 1 / 0\n", r"nbgrader_config\.py:4: .*ZeroDivisionError: division by zero; "),
        ("import no_such_thing\n", r"nbgrader_config\.py:3: .*No module named 'no_such_thing'; "),
        (PLUGIN.format(module="nowhere"), r"late rule.*'nowhere\.Hourly' could not be.*\[late\]"),
        ('c.LateSubmissionPlugin.penalty_method = "all"\n', r"late rule.*'none', 'zero'.*\[late\]"),
    ],
)
def test_a_fault_of_nbgraders_configuration_is_one_line(
    tmp_path: Path, config: str, said: str
) -> None:
    assignment = make_tiny(tmp_path, config=config)
    hand_in(assignment, "bob", solved(assignment))
    for dry_run in (False, True):
        with pytest.raises(CourseError, match=said) as caught:
            graded(assignment, tmp_path, dry_run=dry_run)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("percent", ["None", "'ten'", "{}"])
def test_a_rule_that_fails_is_named_with_the_student_and_costs_nothing(
    tmp_path: Path, percent: str
) -> None:
    module = f"rule_that_fails_{ord(percent[0])}"
    assignment = make_tiny(tmp_path, config=PLUGIN.format(module=module))
    (tmp_path / f"{module}.py").write_text(RULE.replace("{percent}", percent), encoding="utf-8")
    config = load_nbgrader_config(assignment.course)
    late = LatePenalties(assignment, config, {"tiny": {"test-double": "double"}})
    assert late.of_notebook("ada", 3, 0) is None
    with pytest.raises(RecordingError, match=r"^bob: .*Hourly failed for 3 points, 60 s late \(Ty"):
        late.of_notebook("bob", 3, 60)
