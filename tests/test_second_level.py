"""The second level of a hint: a page that says why, and where to look."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwlib import checks as check
from hwlib.checks import pages
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import find_course

COURSE = find_course(Path(__file__).resolve().parents[1])
PAGES = pages.pages_in(Path(pages.__file__).with_name("why.md"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_why_and_where_to_look_in_80_to_160_words(name: str) -> None:
    page = PAGES[name]
    assert pages.WORDS[0] <= len(page.text.split()) <= pages.WORDS[1]
    assert "Where to look: " in page.text


def test_each_page_belongs_to_a_hint_of_an_assignment_or_of_hwlib() -> None:
    sources = [path.read_text() for path in COURSE.root.glob("assignments/*/notebook.py")]
    sources += [path.read_text() for path in (COURSE.root / "hwlib" / "checks").glob("*.py")]
    unused = [name for name in PAGES if not any(f'why="{name}"' in text for text in sources)]
    assert unused == []


def test_no_page_has_a_line_of_a_solution() -> None:
    text = " ".join("\n".join(page.text for page in PAGES.values()).split())
    public = "".join(COURSE.assignment(slug).release.read_text() for slug in COURSE.slugs())
    found = [
        line
        for slug in COURSE.slugs()
        for cell in load_key(COURSE.assignment(slug)).by_role("solution")
        for line in map(str.strip, cell.source.partition("BEGIN SOLUTION")[2].splitlines())
        if len(line) >= 20 and line.partition("  #")[0] in text and line not in public
    ]
    assert found == []


def test_a_hint_names_its_page_and_the_page_is_shown_on_request() -> None:
    text = check.hint("The whole gradient comes through.", why="relu-mask")
    assert text == 'The whole gradient comes through. More: check.why("relu-mask")'
    assert "max(0, x)" in repr(check.why("relu-mask"))
    assert check.why("relu-mask")._repr_markdown_().startswith("**The gradient passes")
    assert pages.split_hint(text) == ("The whole gradient comes through.", PAGES["relu-mask"])
    assert pages.split_hint("Plain.") == ("Plain.", None)
    assert pages.split_hint('A. More: check.why("no-such")')[1] is None


def test_a_page_that_does_not_exist_is_an_error_with_the_names_of_those_that_do() -> None:
    for asked in (lambda: check.why("relu"), lambda: check.hint("A.", why="relu")):
        with pytest.raises(KeyError, match="relu-mask"):
            asked()


def test_a_course_may_have_pages_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "why.md"
    own.write_text("# Ours\n\n## ties: Two are as near\n\nTake one.\n\nWhere to look: here.\n")
    monkeypatch.chdir(tmp_path)
    text = check.hint("A tie.", why="ties")
    assert check.why("ties").paragraphs == ("Take one.", "Where to look: here.")
    found, page = pages.split_hint(text, own)
    assert (found, page) == ("A tie.", check.why("ties"))
