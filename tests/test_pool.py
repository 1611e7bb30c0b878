"""A class: every submission exactly once, whatever is killed, and nothing done twice."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import courses
import needs
import pytest
from courses import make_assignment

from hwlib.grading import Assignment, GradeOptions, GradeReport, SubmissionResult, grade_assignment
from hwlib.grading import grade as grading
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.records.cache import ResultCache

pytestmark = needs.linux

NOTEBOOK = """\
# %% [markdown]
# # One question

# %% setup
import numpy as np

# %% solution="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=1
check.close(double(np.ones(3)), np.full(3, 2.0))
"""

ROUNDS = 50  # of killing something at random


def make_class(root: Path, bodies: list[str]) -> Assignment:
    assignment = make_assignment(root, "one", NOTEBOOK, points=1)
    for number, body in enumerate(bodies):
        hand_in(assignment, f"s{number:03}", body)
    return assignment


def hand_in(assignment: Assignment, student: str, body: str) -> Path:
    text = json.dumps(reference_notebook(assignment)).replace("return 2 * x", body)
    return courses.hand_in(assignment, student, text)


def grade(assignment: Assignment, **options: Any) -> tuple[GradeReport, list[SubmissionResult]]:
    seen: list[SubmissionResult] = []
    root = assignment.course.root
    report = grade_assignment(
        assignment, root / "submitted", root, options=GradeOptions(**options), on_result=seen.append
    )
    return report, seen


def test_a_class_is_graded_once_each_and_a_second_run_grades_nothing(tmp_path: Path) -> None:
    bodies = ["return 2 * x", "return x", "import os; os._exit(1)", "return 2 * x"]
    assignment = make_class(tmp_path, bodies)
    courses.hand_in(assignment, "s900", "{not json")
    report, seen = grade(assignment, jobs=2)
    expected = [
        ("s000", "graded", 1),
        ("s001", "graded", 0),
        ("s002", "graded", 0),
        ("s003", "graded", 1),
        ("s900", "rejected", 0),
    ]
    assert [(one.student, one.status, one.score) for one in report.submissions] == expected
    assert sorted(one.student for one in seen) == [student for student, _, _ in expected]
    assert not any(one.cached for one in report.submissions)
    again, _ = grade(assignment, jobs=2)
    assert [(one.student, one.status, one.score) for one in again.submissions] == expected
    assert all(one.cached for one in again.submissions)


def test_only_what_changed_is_graded_again(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, ["return 2 * x", "return x", "return x"])
    grade(assignment)
    hand_in(assignment, "s001", "return 2 * x")
    (tmp_path / "autograded" / "s002" / "one" / "one.ipynb").unlink()
    report, _ = grade(assignment)
    assert [one.cached for one in report.submissions] == [True, False, False]
    assert [one.score for one in report.submissions] == [1, 1, 0]
    assert not any(one.cached for one in grade(assignment, force=True)[0].submissions)


@pytest.mark.parametrize("killed", [False, True])
def test_a_kept_result_never_outlives_a_change_of_the_gradebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    assignment = make_class(tmp_path, ["return 2 * x"])
    grade(assignment)
    grade_many = grading.grade_many

    def undecided(*arguments: Any, **options: Any) -> Iterator[Any]:
        """As if the judges had been killed: no points, and nothing to be kept; with `killed`, the
        grader goes, too.
        """
        for found, outcome in grade_many(*arguments, **options):
            questions = tuple(
                replace(question, points=0.0, status="error")
                for question in outcome.result.questions
            )
            yield (
                found,
                replace(outcome, result=replace(outcome.result, questions=questions), final=killed),
            )

    monkeypatch.setattr(grading, "grade_many", undecided)
    if killed:
        monkeypatch.setattr(
            ResultCache, "put", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            grade(assignment, force=True)
    else:
        grade(assignment, force=True)
    assert gradebook_scores(tmp_path) == {"s000": 0.0}
    monkeypatch.undo()
    report, _ = grade(assignment)
    assert [(one.score, one.cached) for one in report.submissions] == [(1.0, False)]
    assert gradebook_scores(tmp_path) == {"s000": 1.0}


def test_points_that_another_program_wrote_are_graded_again(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, ["return 2 * x", "return 2 * x"])
    grade(assignment)
    with contextlib.closing(sqlite3.connect(tmp_path / "gradebook.db")) as connection, connection:
        (first, *_) = [
            name
            for (name,) in connection.execute(
                "SELECT id FROM grade WHERE auto_score = 1 ORDER BY id"
            )
        ]
        connection.execute("UPDATE grade SET auto_score = 0 WHERE id = ?", (first,))
    assert sorted(gradebook_scores(tmp_path).values()) == [0.0, 1.0]
    report, _ = grade(assignment)
    assert sorted(one.cached for one in report.submissions) == [False, True]
    assert gradebook_scores(tmp_path) == {"s000": 1.0, "s001": 1.0}
    assert all(one.cached for one in grade(assignment)[0].submissions)


def test_named_students_only(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, ["return 2 * x", "return x"])
    report = grade_assignment(assignment, tmp_path / "submitted", tmp_path, ["s001"])
    assert [one.student for one in report.submissions] == ["s001"]


def command(assignment: Assignment, *more: str) -> list[str]:
    root = assignment.course.root
    return [
        sys.executable,
        "-m",
        "hwlib.cli",
        "grade",
        "one",
        "--json",
        str(root / "report.json"),
        "--jobs",
        "2",
        *more,
    ]


def descendants(pid: int) -> list[int]:
    """All processes below one, as far as they can be seen at this moment."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def test_whatever_is_killed_every_submission_is_graded_exactly_once(tmp_path: Path) -> None:
    """kill -9 of the grader, a judge, the zygote or a worker at a random moment, a fixed number of
    times.
    """
    count = 40
    assignment = make_class(tmp_path, ["import time; time.sleep(0.2); return 2 * x"] * count)
    draw = random.Random(1)
    killed, grader_killed = 0, 0
    while killed < ROUNDS:
        process = subprocess.Popen(
            command(assignment, "--force"),
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and killed < ROUNDS:
            time.sleep(draw.uniform(0.02, 0.4))
            below = descendants(process.pid)
            if process.poll() is None and below:
                grader = killed % 12 == 5  # now and then; by chance it might be never
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid if grader else draw.choice(below), signal.SIGKILL)
                killed, grader_killed = killed + 1, grader_killed + grader
        process.wait()
    assert grader_killed >= 2
    subprocess.run(command(assignment), cwd=tmp_path, check=True, capture_output=True)
    report = json.loads((tmp_path / "report.json").read_text())
    assert [(one["student"], one["score"], one["status"]) for one in report["submissions"]] == [
        (f"s{number:03}", 1.0, "graded") for number in range(count)
    ]
    assert gradebook_scores(tmp_path) == {f"s{number:03}": 1.0 for number in range(count)}
    assert not [path for path in (tmp_path / "autograded").rglob("*") if path.name.startswith(".")]


def gradebook_scores(root: Path) -> dict[str, float]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        submissions = gradebook.assignment_submissions("one")
        assert len({submission.student.id for submission in submissions}) == len(submissions)
        return {submission.student.id: submission.score for submission in submissions}


def test_nothing_is_left_running_when_the_grader_is_killed(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, ["import time; time.sleep(1); return 2 * x"] * 6)
    process = subprocess.Popen(
        command(assignment), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while len(below := descendants(process.pid)) < 6 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(below) >= 6  # zygote, judges, supervisors, workers
    process.kill()
    process.wait()
    while any(Path(f"/proc/{pid}").exists() for pid in below) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in below if Path(f"/proc/{pid}").exists()]


def test_ctrl_c_says_how_to_go_on_and_loses_nothing(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, ["import time; time.sleep(0.3); return 2 * x"] * 8)
    # a background job ignores it, and its children with it
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            command(assignment),
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, ignored)
    results = tmp_path / ".hw" / "one" / "isolated"
    deadline = time.monotonic() + 60
    while len(list(results.glob("s*.json"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "run the same command again" in errors
    kept = len(list(results.glob("s*.json")))
    report, _ = grade(assignment)
    assert sum(one.cached for one in report.submissions) >= kept
    assert len(report.submissions) == 8


def test_a_worker_killed_from_outside_costs_no_points(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, ["import time; time.sleep(1.5); return 2 * x"])
    stop = threading.Event()
    kills: list[int] = []

    def kill_the_first_worker() -> None:
        while not stop.is_set() and not kills:
            for pid in descendants(os.getpid()):
                with contextlib.suppress(OSError):
                    if Path(f"/proc/{pid}").stat().st_uid >= 20_000 or (
                        os.getuid() and "hwlib.grading.sandbox.zygote" not in cmdline(pid)
                    ):
                        time.sleep(0.3)
                        os.kill(pid, signal.SIGKILL)
                        kills.append(pid)
                        break
            time.sleep(0.02)

    killer = threading.Thread(target=kill_the_first_worker)
    killer.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.filters", [])
        report, _ = grade(assignment, jobs=1)
    stop.set()
    killer.join()
    assert kills
    assert report.submissions[0].score == 1


def cmdline(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def test_a_test_that_never_ends_costs_its_submission_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hwlib.grading.engines.pool.PATIENCE_S", 2.0)
    monkeypatch.setattr("hwlib.grading.engines.pool.MAX_TRIES", 2)
    notebook = NOTEBOOK.replace(
        "check.close(", "seen = double(9)\nwhile seen == 0:\n    pass\ncheck.close("
    )
    toml = 'title = "One"\npoints = 1\nminutes = 0.5\n[limits]\nquestion_s = 1\nsubmission_s = 1\n'
    assignment = make_assignment(tmp_path, "one", notebook, toml)
    for student, body in {"loops": "return 0", "right": "return 2 * x"}.items():
        hand_in(assignment, student, body)
    report, seen = grade(assignment)
    assert [one.student for one in report.submissions] == ["loops", "right"]
    assert [one.score for one in report.submissions] == [0, 1]
    assert "the grader's own process ended 2 times" in report.submissions[0].problems[0]
    assert len(seen) == 2
