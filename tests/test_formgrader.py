"""The formgrader, in a real browser, on a gradebook that hwlib wrote."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_course import hand_in, make_tiny, solved

from hwlib.grading.grade import grade_assignment

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no browser; sudo apt-get install chromium lets this run"),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A Jupyter server with nbgrader's extensions, in a course with a graded class; gives its address."""
    assignment = make_tiny(tmp_path)
    hand_in(tmp_path, "ada", solved(assignment))
    hand_in(tmp_path, "bob", solved(assignment, solution_half="def half(x):\n    return x"))
    grade_assignment(assignment, tmp_path / "submitted", tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1",
               "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={tmp_path}",
               "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "HOME": str(home), "JUPYTER_NO_CONFIG": "0"})
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=2).close()
            break
        except OSError:
            time.sleep(0.3)
    yield address
    process.terminate()
    process.wait(timeout=20)


def test_the_formgrader_lists_the_class_with_its_scores_and_opens_a_submission(server: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 700})
        page.goto(f"{server}/formgrader/manage_submissions/tiny")
        page.wait_for_selector("text=ada", timeout=30_000)
        text = page.inner_text("body")
        page.screenshot(path=str(tmp_path / "formgrader.png"))
        assert "bob" in text
        assert "8 / 10" in text
        assert "4 / 10" in text
        page.goto(f"{server}/formgrader/gradebook/tiny/tiny")
        page.wait_for_selector("a:has-text('Submission')", timeout=30_000)
        page.click("a:has-text('Submission') >> nth=0")
        page.wait_for_selector("text=half", timeout=30_000)
        assert "def half" in page.inner_text("body")
        browser.close()
