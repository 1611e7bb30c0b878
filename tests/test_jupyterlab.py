"""A student's and an instructor's notebook in a real JupyterLab: opened in Chromium, run with Run
All Cells.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from notebooks import run_in_lab

from hwlib.grading import find_course

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
BACKPROP = find_course(Path(__file__).parent).assignment("backprop")


def copied(path: Path, folder: Path) -> Path:
    return Path(shutil.copy(path, folder))


def test_the_reference_runs_without_an_error_and_shows_its_figures(
    browser: Browser, tmp_path: Path
) -> None:
    ran = run_in_lab(copied(BACKPROP.source, tmp_path), browser, limit_s=120)
    assert ran.errors == []
    assert ran.not_run == 0
    assert ran.figures == 2


def test_an_empty_notebook_stops_at_the_first_check_and_says_where_to_write(
    browser: Browser, tmp_path: Path
) -> None:
    ran = run_in_lab(copied(BACKPROP.release, tmp_path), browser, limit_s=120)
    assert len(ran.errors) == 1
    assert "NotImplementedError" in ran.errors[0]
    assert ran.not_run > 0
