"""[leaks.allow]: an author lets students see a line of the solution, by name and with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from courses import MEANS, make_course

from hwlib.errors import AuthoringError
from hwlib.grading import Assignment, build
from hwlib.grading.authoring.leaks import find_leaks
from hwlib.grading.outlets.publish import publish

LINE = "total = np.sum(values, dtype=float)"
SHOWN = MEANS.replace("# What you will learn.", f"# The lecture has `{LINE}`.")
TOML = 'title = "Small"\npoints = 5\nminutes = 0.5\n'


def small(root: Path, allowed: str = "") -> Assignment:
    text = TOML + (f"\n[leaks.allow]\n{allowed}\n" if allowed else "")
    return make_course(root, notebook_text=SHOWN, toml_text=text).assignment("small")


def test_the_error_says_that_a_leak_can_be_allowed(tmp_path: Path) -> None:
    with pytest.raises(AuthoringError, match=r"leak: .*or allow it by name in assignment\.toml"):
        build(small(tmp_path))


@pytest.mark.parametrize("name", [LINE, "total=np.sum(values,  dtype=float)", "solution-mean"])
def test_a_leak_is_allowed_by_its_text_or_its_cell(tmp_path: Path, name: str) -> None:
    assignment = small(tmp_path, f'"{name}" = "The lecture shows this line."')
    build(assignment)
    assert find_leaks(assignment) == []
    assert publish(assignment.course, tmp_path / "students").problems == ()


def test_other_leaks_still_stop_the_build(tmp_path: Path) -> None:
    both = small(tmp_path, f'"{LINE}" = "The lecture shows this line."')
    text = SHOWN.replace("# What", "# What").replace(
        "# ## 2. Why the mean?", "# ## 2. Why the mean?\n# When a few values are far away from all"
    )
    text = text.replace("far away from all\n\n", "far away from all the others.\n\n")
    both.notebook.write_text(text, encoding="utf-8")
    with pytest.raises(AuthoringError, match="students can see this answer of answer-why"):
        build(both)


def test_what_is_allowed_needs_a_reason(tmp_path: Path) -> None:
    with pytest.raises(AuthoringError, match=r"assignment\.toml:5: .*say why students may see it"):
        small(tmp_path, f'"{LINE}" = ""')


def test_an_entry_that_allows_nothing_stops_the_build(tmp_path: Path) -> None:
    lines = f'"{LINE}" = "The lecture."\n"return total" = "The lecture."'
    with pytest.raises(AuthoringError, match=r"assignment\.toml:7: .*'return total', but no leak"):
        build(small(tmp_path, lines))
