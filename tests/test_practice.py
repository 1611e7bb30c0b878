"""The cell to practise with: it shows a student the symptom on new inputs, and nothing hidden."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from barriers import barriers
from courses import make_assignment, outcome

from hwlib import checks as check
from hwlib.errors import CheckFailed
from hwlib.grading import Assignment
from hwlib.grading.answer_key import load_key
from hwlib.grading.records.feedback import feedback_page
from hwlib.grading.records.practice import draws, visible_checks

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOTEBOOK = '''\
# %% [markdown]
# # Sums

# %% setup
import numpy as np

# %% [markdown]
# ## 1. Sums

# %% solution="total"
def total(values):
    ### BEGIN SOLUTION
    return sum(values)
    ### END SOLUTION

# %% test="total" points=2
values = check.rng().normal(size=check.rng().integers(3, 6))
legend = """The sum
of all"""
check.close(total(values), np.sum(values), what=legend, mistakes={
    "Where is the last one?": np.sum(values[:-1])
})
### BEGIN HIDDEN TESTS
values = check.rng().normal(size=4242)
check.close(total(values), np.sum(values), what="the hidden sum")
### END HIDDEN TESTS

# %% test="total-parts" points=2
with check.part(1, "of one"):
    x = check.rng().normal()
    check.close(total([x]), x, what="the sum of one number")
### BEGIN HIDDEN TESTS
with check.part(1, "of none"):
    check.equal(total([]), 0)
### END HIDDEN TESTS

# %% test="total-fixed" points=1
check.equal(total([1, 2]), 3)
### BEGIN HIDDEN TESTS
check.equal(total(check.rng().integers(9, size=3)[:0]), 0)
### END HIDDEN TESTS
'''
LACKS_THE_LAST = "def total(values):\n    return sum(values[:-1])\n"


@pytest.fixture(scope="module")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return make_assignment(tmp_path_factory.mktemp("course"), "sums", NOTEBOOK, points=5)


def page_of(sums: Assignment, student: str = "ada", **options: Any) -> str:
    key = load_key(sums)
    lost = ("total", "total-parts", "total-fixed")
    checks = visible_checks(sums, key)
    return feedback_page(outcome(key, student, lost), key, None, checks=checks, **options)


def cells(html: str) -> list[str]:
    """The cells to copy, as a student gets them."""
    found = re.findall(r'class="practice".*?<pre tabindex="0">(.*?)</pre>', html, re.DOTALL)
    return [unescape(text) for text in found]


def ran(cell: str, answer: str) -> tuple[str, Any]:
    """What the cell says below this answer in a notebook, and the values that it drew."""
    names: dict[str, Any] = {"check": check}
    exec("import numpy as np", names)
    exec(answer, names)
    try:
        exec(compile(cell, "<cell>", "exec"), names)
    except CheckFailed as failed:
        return str(failed), names["values"]
    return "", names.get("values")


def test_the_cell_shows_the_symptom_on_inputs_that_stay_until_the_seed_changes(
    sums: Assignment,
) -> None:
    (cell, _) = cells(page_of(sums))
    said, values = ran(cell, LACKS_THE_LAST)
    assert said.startswith("The sum\nof all") and "Where is the last one?" in said
    again = ran(cell, LACKS_THE_LAST)[1]
    assert values.tolist() == again.tolist()
    other = ran(re.sub(r"seed=\d+", "seed=1", cell), LACKS_THE_LAST)[1]
    assert values.tolist() != other.tolist()
    assert ran(cell, "total = sum")[0] == ""  # and a right answer passes
    assert ran(cells(page_of(sums, "eve"))[0], LACKS_THE_LAST)[1].tolist() != values.tolist()


def test_a_part_tells_how_it_went(sums: Assignment, capsys: pytest.CaptureFixture[str]) -> None:
    (_, cell) = cells(page_of(sums))
    ran(cell, LACKS_THE_LAST)
    assert "✗ of one (1 point): The sum of one number" in capsys.readouterr().out


def test_nothing_hidden_and_no_check_without_drawn_inputs_is_on_the_page(sums: Assignment) -> None:
    html = page_of(sums)
    assert len(cells(html)) == 2  # total-fixed draws in its hidden part only
    for hidden in ("4242", "the hidden sum", "HIDDEN", "total([])", "[:0]", "return sum"):
        assert hidden not in html, hidden


def test_a_page_without_such_a_cell_allows_no_script(sums: Assignment) -> None:
    assert "script-src" in page_of(sums)
    for html in (
        page_of(sums, level="category"),
        feedback_page(outcome(load_key(sums), "ada"), load_key(sums), None),
    ):
        assert "script" not in html and cells(html) == []


def test_what_is_no_check_or_draws_nothing_makes_no_cell() -> None:
    assert draws("x = check.rng().normal()")
    for source in ("check.equal(f(1), 2)", "check.rng(", "%%bash\ncheck.rng()", "rng()", ""):
        assert not draws(source), source


# ---- in a browser ----


@pytest.mark.parametrize(
    ("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light")], ids=str
)
def test_the_button_copies_the_cell_and_axe_finds_no_barrier(
    browser: Browser, sums: Assignment, tmp_path: Path, width: int, scheme: Any
) -> None:
    html = page_of(sums)
    path = tmp_path / "feedback.html"
    path.write_text(html, encoding="utf-8")
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.goto(path.as_uri())
    page.click("details.practice summary")
    page.click("button.copy")
    page.wait_for_function("document.querySelector('button.copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == cells(html)[0]
    assert errors == []  # the policy lets the script run
    assert barriers(page, moderate=True) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=str(tmp_path / "practice.png"), full_page=True)
    context.close()


def test_without_scripts_the_cell_is_there_to_select(
    browser: Browser, sums: Assignment, tmp_path: Path
) -> None:
    path = tmp_path / "feedback.html"
    path.write_text(page_of(sums), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    page.click("details.practice summary")
    assert page.locator("details.practice pre").first.is_visible()
    assert not page.locator("button.copy").first.is_visible()
    context.close()
