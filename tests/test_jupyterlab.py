"""A student's and an instructor's notebook in a real JupyterLab, and in Notebook 7, in Chromium."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from notebooks import READY, jupyter_server, run_in_lab
from open_notebook import OpenNotebook

from hwlib.grading import find_course, grade_notebook_file

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


# ---- handing in ----

THEME = """async (theme) => {
    await window.jupyterapp.commands.execute('apputils:change-theme', {theme});
}"""
# the smallest contrast of a text in the errors that are shown, by the formula of WCAG 2
CONTRAST = """() => {
    const rgb = text => text.match(/[\\d.]+/g).map(Number);
    const light = color => {
        const [r, g, b] = rgb(color).map(v => v / 255).map(
            v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = node => {
        for (; node; node = node.parentElement) {
            const color = getComputedStyle(node).backgroundColor;
            if ((rgb(color)[3] ?? 1) > 0.99) return color;
        }
        return 'rgb(255, 255, 255)';
    };
    const ratios = [];
    for (const area of document.querySelectorAll('.jp-OutputArea-output pre')) {
        const texts = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const node = texts.currentNode.parentElement;
            if (!texts.currentNode.data.trim()) continue;
            const [a, b] = [light(getComputedStyle(node).color), light(behind(node))];
            ratios.push((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
        }
    }
    return [ratios.length, Math.min(...ratios)];
}"""
WRONG_F = """def f(w):
    T = np.exp(w[0]) + np.exp(w[1])
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + expit(w[0])])"""
RIGHT_STEP = """def gradient_step(w, grad, lam):
    return w - grad / lam"""


@pytest.mark.parametrize(("application", "place"), [("lab", "lab/tree"), ("notebook", "notebooks")])
def test_a_hand_in_is_graded_as_its_rehearsal_said(
    application: str,
    place: str,
    browser: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HWLIB_SAVE_WAIT_S", "60")
    notebook = copied(BACKPROP.release, tmp_path)
    copied(BACKPROP.release, tmp_path / "backprop (1).ipynb")  # a copy, which nobody works in
    with jupyter_server(tmp_path, application, "--expose-app-in-browser") as address:
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(f"{address}/{place}/{notebook.name}?reset")
        page.wait_for_function(READY)
        opened = OpenNotebook(page)
        run = opened.run
        for grade_id in ("setup-1", "setup-2"):
            run(grade_id)
        run("solution-f", WRONG_F)
        run("solution-gradient_step", RIGHT_STEP)
        assert "1 of 11 questions, 2 of 40 points, 6 written ones open." in run(
            "test-gradient_step"
        )
        said = run("test-f")
        assert "`WRONG_FIRST` comes from a given cell that was not run." in said
        assert "`# @title For the checks of f and of both modes: just run it`" in said
        run("setup-2")  # after an error in a folded cell, JupyterLab drops the first command
        assert opened.folded("setup-3")[0]
        run("setup-3")
        assert "The 2 in the exponent 2·w2 is missing." in run("test-f")
        page.get_by_text("# @title Check: f, 1 point").wait_for()
        hidden, shown = opened.folded("test-f")
        assert hidden
        assert "mistakes" not in shown
        # after an error in a folded cell, JupyterLab drops the first command that no key gave
        run("setup-2")
        assert "`reverse_mode` is not written yet" in run("test-reverse_mode")
        run("setup-2")
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            page.evaluate(THEME, theme)
            page.wait_for_timeout(1000)
            page.screenshot(path=tmp_path / f"{theme}.png")
            count, smallest = page.evaluate(CONTRAST)
            assert count >= 3  # of the cells near the window
            assert smallest >= 4.5, theme
        # Ctrl-S while `submit` waits: the answers are on the screen only until then
        said = opened.run_and_save("submit")
        page.screenshot(path=tmp_path / "submitted.png")
        page.close()
    assert said.startswith("NOT ready: ")
    assert "- reverse_mode (4 points): not written yet." in said
    promised = {
        name: float(points)
        for name, points in re.findall(r"^  [✓✗] (\S+) +([\d.]+) of", said, re.MULTILINE)
    }
    assert promised["gradient_step"] == 2
    assert sum(promised.values()) == 2
    with zipfile.ZipFile(tmp_path / "backprop.zip") as archive:
        archive.extractall(tmp_path / "handed in")
    report = grade_notebook_file(BACKPROP, tmp_path / "handed in" / "backprop.ipynb")
    (graded,) = report.submissions
    assert {one.id: one.points for one in graded.questions if one.id in promised} == promised
