"""`hw report`: right numbers, a page for everybody, no text of a student's that becomes more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.stats
from barriers import barriers
from courses import hand_in, make_tiny, outcome, solved
from recorded_classes import WHEN, gradebook, record, recorded_class
from test_feedback import ATTACKS, Page

from hwlib.commands import run
from hwlib.grading import Assignment, SubmissionResult
from hwlib.grading.answer_key import load_key
from hwlib.grading.records.class_results import class_results
from hwlib.grading.reports.items import cronbach_alpha, items_of
from hwlib.grading.reports.mistakes import mistakes_of
from hwlib.grading.reports.page import class_report
from hwlib.grading.reports.similar import Pair, Similar
from hwlib.grading.reports.term import term_report
from hwlib.grading.results import Outcome, PartResult, QuestionResult
from hwlib.grading.texts import for_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WRONG = '''\
"""Multiplies by two once more."""

REPLACES = "half"
FAILS = ["half"]
HINT = "Is it twice?"
FREQUENCY = "3 of 14 public solutions"


def half(x):
    return x * 2
'''
UNSEEN = WRONG.replace("once more", "and adds one").replace("Is it twice?", "One too many.")


def words(html: str) -> str:
    """What a page says, with a blank for each tag but before punctuation."""
    shown = re.sub("<style>.*?</style>", "", html, flags=re.DOTALL)
    text = " ".join(unescape(re.sub("<[^>]*>", " ", shown)).split())
    return re.sub(r" (?=[:;,.)])", "", text)


def with_parts(question: QuestionResult, *points: float) -> QuestionResult:
    """The question with parts of 1 point each, of which a student has these."""
    parts = tuple(
        PartResult(
            f"part {i}",
            earned,
            1.0,
            "passed" if earned else "failed",
            "" if earned else f"part {i} is off by {0.1 * i:.3f}",
        )
        for i, earned in enumerate(points, 1)
    )
    lost = any(not earned for earned in points)
    return replace(question, parts=parts, points=sum(points), status="failed" if lost else "passed")


def changed(result: SubmissionResult, name: str, *points: float) -> SubmissionResult:
    questions = tuple(
        with_parts(one, *points) if one.id == name else one for one in result.questions
    )
    return replace(result, questions=questions)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """Twelve students. `double` has three parts. Two have the mistake of wrong/twice.py, one
    hand-in can't be read, and the written answers of two are graded.
    """
    root = tmp_path_factory.mktemp("course")
    tiny = make_tiny(root)
    (tiny.folder / "wrong").mkdir()
    (tiny.folder / "wrong" / "twice.py").write_text(WRONG)
    (tiny.folder / "wrong" / "unseen.py").write_text(UNSEEN)
    key = load_key(tiny)
    outcomes = {}
    for i in range(11):
        student = f"student{i:02d}"
        hand_in(tiny, student, solved(tiny), WHEN)
        result = outcome(key, student, ("half",) if i < 2 else ())
        points = (1.0, 1.0, 1.0) if i > 5 else (1.0, 1.0, 0.0) if i > 2 else (0.0, 0.0, 0.0)
        result = replace(changed(result, "double", *points), seconds=0.1 * (i + 1))
        outcomes[student] = Outcome(
            result,
            solved(tiny),
            tier="T3",
            lacking=("pandas",) if i == 4 else (),
            repairs=("two cells had the same id",) if i in (5, 6) else (),
            deaths=("half: the process that ran the student's code ended",) if i == 7 else (),
        )
    hand_in(tiny, "unreadable", "")
    rejected = replace(
        outcome(key, "unreadable"), status="rejected", problems=("tiny.ipynb: an empty file",)
    )
    outcomes["unreadable"] = Outcome(rejected, None, tier="T3")
    record(tiny, outcomes)
    with gradebook(tiny) as book:
        for student, score in (("student00", 0.0), ("student10", 2.0)):
            grade = book.find_grade("answer-why", "tiny", "tiny", student)
            grade.manual_score, grade.needs_manual_grade = score, False
        book.db.commit()
    return tiny


@pytest.fixture(scope="module")
def report(tiny: Assignment) -> str:
    return class_report(class_results(tiny, tiny.course.root))


# ---- numbers ----


def test_difficulty_and_discrimination_are_those_of_scipy(tiny: Assignment) -> None:
    results = class_results(tiny, tiny.course.root)
    items = {item.name: item for item in items_of(results)}
    double = np.array([0.0] * 3 + [2.0] * 3 + [3.0] * 5)
    half = np.array([0.0] * 2 + [4.0] * 9)
    why = np.array([0.0] + [np.nan] * 9 + [2.0])  # nine wait for a human
    decided = np.where(np.isnan(why), 0.0, why)
    most = 3 + 1 + 4 + np.where(np.isnan(why), 0.0, 2.0)
    total = double + 1 + half + decided
    assert items["half"].difficulty == pytest.approx(half.mean() / 4)
    assert items["double"].difficulty == pytest.approx(double.mean() / 3)
    assert items["why"].difficulty is None  # most answers wait
    assert (items["half"].students, items["why"].students) == (11, 2)
    # right or wrong: the point-biserial correlation with the rest
    expected = scipy.stats.pointbiserialr(half > 0, (total - half) / (most - 4))
    assert items["half"].discrimination == pytest.approx(expected.statistic)
    expected = scipy.stats.pearsonr(double, (total - double) / (most - 3))
    assert items["double"].discrimination == pytest.approx(expected.statistic)
    part = items["double"].parts[2]
    third = np.array([0.0] * 6 + [1.0] * 5)
    expected = scipy.stats.pointbiserialr(third > 0, (total - third) / (most - 1))
    assert part.name == "double/part 3"
    assert part.difficulty == pytest.approx(5 / 11)
    assert part.discrimination == pytest.approx(expected.statistic)
    # everybody has its point
    assert (items["double-negative"].difficulty, items["double-negative"].discrimination) == (
        1.0,
        None,
    )


def test_alpha_is_that_of_the_covariances() -> None:
    points = np.random.default_rng(3).normal(size=(40, 5)).cumsum(axis=1)
    covariance = np.cov(points.T)
    mean_variance = np.trace(covariance) / 5
    mean_covariance = (covariance.sum() - np.trace(covariance)) / 20
    expected = 5 * mean_covariance / (mean_variance + 4 * mean_covariance)
    assert cronbach_alpha(points) == pytest.approx(expected)
    assert cronbach_alpha(points[:, :1]) is None


def test_mistakes_are_counted_with_examples_and_base_rates(tiny: Assignment) -> None:
    from hwlib.grading.proof.variants import load_variants

    results = class_results(tiny, tiny.course.root)
    found = {one.where: one for one in mistakes_of(results, load_variants(tiny))}
    half = found["half"]
    assert (half.text, half.count, half.examples) == (
        "Is it twice?",
        2,
        ("student00", "student01"),
    )
    assert (half.is_hint, half.wrong, half.base_rate) == (
        True,
        ("twice",),
        "3 of 14 public solutions",
    )
    assert half.share == pytest.approx(2 / 11)
    third = found["double/part 3"]
    assert (third.text, third.count, third.is_hint) == ("part … is off by …", 6, False)


# ---- the page ----


def test_the_page_tells_what_an_instructor_asks(report: str) -> None:
    text = words(report)
    for expected in (
        "Submissions 12",
        "Not readable 1",
        "unreadable: tiny.ipynb: an empty file",
        "Is it twice?",
        "3 of 14 public solutions",
        "wrong/unseen.py (3 of 14 public solutions): Multiplies by two and adds one.",
        "9 × why student01",
        "2 × two cells had the same id",
        "1 × pandas",
        "Deaths of workers: 1",
        "isolation T3",
        "point-biserial",
        "2 (18 %)",
    ):
        assert expected in text, expected


def test_every_picture_says_what_it_shows(report: str) -> None:
    pictures = [attrs for tag, attrs in Page(report).tags if tag == "svg"]
    assert len(pictures) >= 8
    for attrs in pictures:
        words = attrs.get("aria-label") or attrs.get("aria-labelledby")
        assert attrs.get("aria-hidden") == "true" or (attrs.get("role") == "img" and words), attrs
    assert "half: passed 9, failed 2" in report


def hostile(folder: Path, attack: str) -> tuple[str, str]:
    """The reports of a class in which every text that a student can influence is hostile."""
    tiny = make_tiny(folder)
    key = load_key(tiny)
    outcomes = {}
    names = [f"a {attack}".replace("/", "|").replace("\0", "")[:80], "bob", "eve"]
    for name in names:
        hand_in(tiny, name, solved(tiny), WHEN)
    from hwlib.grading.submissions.files import find_submissions

    for one in find_submissions(tiny, folder / "submitted"):
        result = outcome(key, one.student, ("half", "double"), (attack,))
        questions = tuple(
            replace(question, message=attack, hint=attack if question.id == "half" else "")
            for question in changed(result, "double", 0.0, 1.0).questions
        )
        questions = tuple(
            replace(
                question,
                parts=tuple(replace(part, name=attack, message=attack) for part in question.parts),
            )
            for question in questions
        )
        outcomes[one.student] = Outcome(
            replace(result, questions=questions, seconds=1.0),
            solved(tiny),
            lacking=(attack,),
            repairs=(f"repair {attack}",),
            deaths=(f"death {attack}",),
            unique={"student id": attack},
        )
    record(tiny, outcomes)
    results = class_results(tiny, folder)
    similar = Similar((Pair(attack, attack, 1.0, 1.0, attack),), attack)
    return class_report(results, similar=similar), term_report(tiny.course, [results])


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_student_wrote_is_text_and_nothing_else(tmp_path: Path, attack: str) -> None:
    tame = hostile(tmp_path / "tame", "text")
    for harmless, page in zip(tame, hostile(tmp_path / "hostile", attack), strict=True):
        assert [tag for tag, _ in Page(page).tags] == [tag for tag, _ in Page(harmless).tags]
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", page)
        assert for_page(attack, 600).strip() in Page(page).text


def test_the_term_has_all_assignments_and_names_who_falls_behind(
    tiny: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny.course.root)
    target = tmp_path / "term.html"
    assert run(["report", "--all", "-o", str(target), "--json", str(tmp_path / "term.json")]) == 0
    told = json.loads((tmp_path / "term.json").read_text())
    assert [one["assignment"] for one in told["assignments"]] == ["tiny"]
    text = words(target.read_text())
    assert "student00 10 %" in text  # 1 of 10 points
    assert "student08" not in text  # 8 of 10 points


@pytest.mark.parametrize("arguments", [("report",), ("report", "tiny", "--all")])
def test_one_assignment_or_all_of_them(
    tiny: Assignment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tiny.course.root)
    assert run(arguments) == 2
    assert "hw report --all" in capsys.readouterr().err


def test_a_class_of_one_and_one_that_nobody_could_read_have_a_page(tmp_path: Path) -> None:
    tiny = recorded_class(tmp_path, {"ada": ("half",)})
    assert "ada" in class_report(class_results(tiny, tmp_path))
    other = make_tiny(tmp_path / "other")
    hand_in(other, "eve", "")
    rejected = replace(outcome(load_key(other), "eve"), status="rejected", problems=("empty",))
    record(other, {"eve": Outcome(rejected, None)})
    page = class_report(class_results(other, tmp_path / "other"))
    assert "eve" in page


# ---- in a browser ----


@pytest.fixture(scope="module")
def pages(
    tiny: Assignment, report: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Path]]:
    folder = tmp_path_factory.mktemp("pages")
    results = class_results(tiny, tiny.course.root)
    texts = {"class": report, "term": term_report(tiny.course, [results])}
    texts["hostile"] = hostile(folder / "course", "".join(ATTACKS))[0]
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    yield {name: folder / f"{name}.html" for name in texts}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("name", ["class", "term", "hostile"])
def test_the_page_is_usable_on_a_phone_and_a_desk_in_both_schemes(
    browser: Browser, pages: dict[str, Path], name: str, width: int, scheme: Any
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[name].as_uri())
    assert asked == [pages[name].as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "owned" not in page.title()
    page.screenshot(path=str(pages[name].with_name(f"{name}-{width}-{scheme}.png")), full_page=True)
    assert barriers(page, moderate=True) == []
    page.close()
