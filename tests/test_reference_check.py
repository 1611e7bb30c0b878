"""A question that the course's own solution does not pass is nobody's zero."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import needs
import pytest
from courses import SOLVED, TINY, hand_in, make_tiny, solved
from nbformat.v4 import new_code_cell

from hwlib.grading import GradeReport, grade_assignment, grade_notebook_file
from hwlib.grading.course import Assignment
from hwlib.grading.engines.apart import apart
from hwlib.grading.engines.isolated import IsolatedEngine, ReferenceCheck
from hwlib.grading.records.cache import ResultCache

pytestmark = needs.linux

PLAIN = "assert double(-1) == -2\n"
# the shell of the student's notebook is in another process
LOOKS_IN_MAIN = "import __main__\nassert hasattr(__main__, 'double')\n"
WRONG = {**SOLVED, "solution-half": "def half(x):\n    return x\n"}


def tiny_with(root: Path, test: str) -> Assignment:
    """`tiny` with another test of double-negative, and two hand-ins: right, and wrong in `half`."""
    tiny = make_tiny(root, TINY.replace(PLAIN, test))
    hand_in(tiny, "right", solved(tiny))
    hand_in(tiny, "wrong", solved(tiny, **{"solution_half": WRONG["solution-half"]}))
    return tiny


def grade(tiny: Assignment) -> GradeReport:
    return grade_assignment(tiny, tiny.course.root / "submitted", tiny.course.root)


def statuses(report: GradeReport, name: str) -> list[str]:
    return [one.question(name).status for one in report.submissions]


def test_a_test_that_this_engine_cannot_run_waits_for_a_human(tmp_path: Path) -> None:
    tiny = tiny_with(tmp_path, LOOKS_IN_MAIN)
    report = grade(tiny)
    assert statuses(report, "double-negative") == ["manual", "manual"]
    assert statuses(report, "double") == ["passed", "passed"]
    assert statuses(report, "half") == ["passed", "failed"]
    summary, complaint = report.complaints
    assert "1 of 4 questions waits for a human" in summary and 'trust="shared"' in summary
    assert complaint.startswith("tiny: double-negative: ")
    # nothing about it changes by itself: the results are kept
    assert all(one.cached for one in grade(tiny).submissions)


def test_in_the_students_process_it_runs(tmp_path: Path) -> None:
    header = '# %% test="double-negative" points=1'
    notebook = TINY.replace(PLAIN, LOOKS_IN_MAIN).replace(header, f'{header} trust="shared"')
    tiny = make_tiny(tmp_path, notebook)
    hand_in(tiny, "right", solved(tiny))
    report = grade(tiny)
    assert (statuses(report, "double-negative"), report.complaints) == (["passed"], ())


def test_a_test_that_no_solution_passes_waits_for_a_human(tmp_path: Path) -> None:
    tiny = tiny_with(tmp_path, "assert double(-1) == -3\n")
    assert statuses(grade(tiny), "double-negative") == ["manual", "manual"]
    (notebook,) = (tmp_path / "submitted" / "right").rglob("*.ipynb")
    report = grade_notebook_file(tiny, notebook)
    assert statuses(report, "double-negative") == ["manual"]
    assert len(report.complaints) == 2


def test_a_test_that_fails_once_by_accident_is_not_taken_from_the_class(tmp_path: Path) -> None:
    marker = tmp_path / "seen"
    once = f"from pathlib import Path\nseen = Path({str(marker)!r})\nfirst = not seen.exists()\n"
    tiny = tiny_with(tmp_path / "course", f"{once}seen.touch()\nassert double(-1) == -2 + first\n")
    report = grade(tiny)
    assert (statuses(report, "double-negative"), report.complaints) == (["passed", "passed"], ())


@pytest.mark.parametrize("runs", ["import doctest\ndoctest.testmod()", "unittest.main(exit=False)"])
def test_what_would_run_nothing_and_pass_waits_for_a_human(tmp_path: Path, runs: str) -> None:
    tiny = tiny_with(tmp_path, f"import unittest\n{runs}\n")
    report = grade(tiny)
    assert statuses(report, "double-negative") == ["manual", "manual"]
    assert len(report.complaints) == 2


def test_a_given_helper_that_a_student_rewrites_decides_nothing(tmp_path: Path) -> None:
    helper = "# %%\ndef twice(x):\n    return double(double(x))\n\n"
    notebook = TINY.replace('# %% test="double-negative"', f'{helper}# %% test="double-negative"')
    tiny = make_tiny(tmp_path, notebook.replace(PLAIN, "assert twice(-1) == -4\n"))
    wrong = solved(tiny, solution_double="def double(x):\n    return x\n")
    wrong.cells.append(new_code_cell("def twice(x):\n    return -4\n"))
    for cell in wrong.cells:
        cell.source = cell.source.replace("return double(double(x))", "return -4")
    hand_in(tiny, "right", solved(tiny))
    hand_in(tiny, "wrong", wrong)
    assert statuses(grade(tiny), "double-negative") == ["passed", "failed"]


def test_that_the_reference_passes_is_found_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []
    check = IsolatedEngine.check_reference

    def noted(engine: IsolatedEngine, **options: Any) -> ReferenceCheck:
        checked.append(engine)
        return check(engine, **options)

    monkeypatch.setattr(IsolatedEngine, "check_reference", noted)
    tiny = tiny_with(tmp_path, PLAIN)
    grade(tiny)
    hand_in(tiny, "late", solved(tiny))
    grade(tiny)
    assert len(checked) == 1


def test_a_later_run_begins_with_what_the_reference_has_shown(tmp_path: Path) -> None:
    """So late hand-ins cost as little as the first ones: the tests' imports come once."""
    tiny = tiny_with(tmp_path, f"import wave\n{PLAIN}")
    sys.modules.pop("wave", None)
    grade(tiny)
    proved = ResultCache(tiny, tmp_path, "isolated").proved()
    assert proved is not None and "wave" in proved.modules and proved.lasting

    def ready() -> tuple[bool, bool]:
        sys.modules.pop("wave", None)
        with IsolatedEngine(tiny, 1) as engine:
            assert not engine.lasting
            engine.take(proved)
            return engine.lasting, "wave" in sys.modules

    assert apart(ready) == (True, True)
