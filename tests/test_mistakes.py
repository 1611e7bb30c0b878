"""Every mistake of an author's stops the build with one line: where, what is wrong, what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mistakes import MISTAKES, PAGE, Mistake, said


def test_there_are_fifteen_or_more() -> None:
    assert len({one.what for one in MISTAKES}) == len(MISTAKES) >= 15


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one.what for one in MISTAKES])
def test_a_mistake_is_named_with_its_place_and_a_next_step(
    mistake: Mistake, tmp_path: Path
) -> None:
    code, text = said(mistake, tmp_path / "course")
    assert code == 1
    (line,) = text.strip().split("\n")
    file = re.escape(f"first/{mistake.file}")
    assert re.match(rf"hw: .*{file}(:\d+)?: ", line)
    assert "; " in line  # what comes behind it is what to do
    message = line.removeprefix("hw: ").replace("|", "\\|")
    assert f"| {mistake.what} | {message} |" in PAGE.read_text(encoding="utf-8"), (
        "docs/mistakes.md is out of date; run `python tests/mistakes.py`"
    )
