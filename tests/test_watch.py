"""`hw verify --watch`: builds and verifies again whenever a file changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from courses import make_assignment

from hwlib.commands import run
from hwlib.grading import Course, find_course
from hwlib.grading.proof.watch import changed_slugs

ONE = """\
# %% solution="one"
one = 1

# %% test="one" points=5
assert one == 1
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_assignment(tmp_path, "small", ONE).course


def saving(*steps: Callable[[], object]) -> Callable[[], None]:
    """A pause in which the author does the next of these things; after the last one, nothing."""
    todo = iter(steps)

    def pause() -> None:
        next(todo, lambda: None)()

    return pause


def test_only_what_has_changed_is_named_and_when_it_has_settled(course: Course) -> None:
    notebook = course.root / "assignments" / "small" / "notebook.py"
    other = course.root / "assignments" / "other"
    changes = changed_slugs(
        course,
        pause=saving(
            lambda: notebook.write_text(f"{ONE}\n# a", encoding="utf-8"),
            lambda: notebook.write_text(f"{ONE}\n# ab", encoding="utf-8"),
            lambda: None,
            lambda: (other / "__pycache__").mkdir(parents=True),
            lambda: (other / "assignment.toml").write_text("", encoding="utf-8"),
        ),
    )
    assert next(changes) == ["small"]  # all, first
    assert next(changes) == ["small"]  # once, after both steps of saving
    assert next(changes) == ["other"]  # an assignment that is new


def test_an_assignment_that_is_not_watched_may_change(course: Course) -> None:
    make_assignment(course.root, "other", ONE)
    notebook = course.root / "assignments" / "other" / "notebook.py"
    mine = course.root / "assignments" / "small" / "notebook.py"
    changes = changed_slugs(
        course,
        ["small"],
        saving(
            lambda: notebook.write_text(f"{ONE}\n# a", encoding="utf-8"),
            lambda: None,
            lambda: mine.write_text(f"{ONE}\n# a", encoding="utf-8"),
        ),
    )
    assert [next(changes), next(changes)] == [["small"], ["small"]]


def test_the_command_tells_a_fault_and_goes_on_until_ctrl_c(course: Course) -> None:
    command = [sys.executable, "-m", "hwlib.cli", "verify", "small", "--watch"]
    # a background job ignores it, and its children with it
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            command,
            cwd=course.root,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, ignored)
    with process:
        assert process.stdout is not None
        last_resort = threading.Timer(120, process.kill)
        last_resort.start()
        notebook = course.root / "assignments" / "small" / "notebook.py"
        seen = ""
        for line in process.stdout:
            seen += line
            waits = seen.count("Waiting for changes")
            if "Waiting" in line and waits == 1:
                notebook.write_text(ONE.replace(" points=5", ""), encoding="utf-8")
            elif "Waiting" in line and waits == 2:
                process.send_signal(signal.SIGINT)
        last_resort.cancel()
        assert process.wait() == 0
    assert "question one: no wrong solution fails it" in seen
    assert 'small/notebook.py:4: test="one" has no points; add points=N' in seen


def test_what_has_no_end_goes_without_a_result(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(course.root)
    assert run(["verify", "--watch", "--json", "-"]) == 2
    assert "--watch has no end" in capsys.readouterr().err
    assert find_course(course.root).slugs() == ["small"]
