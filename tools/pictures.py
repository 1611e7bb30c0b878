"""Takes the picture for the README: a feedback page of the demo's class, with a hint.

    python tools/pictures.py [FILE]

It grades the wrong solutions in the class of `hw demo`, with a fixed seed and in a temporary
folder. The picture shows the first page with a hint, from the top to the end of the question with
the hint. The same source tree and the same fonts give the same picture.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from hwlib.grading import GradeOptions, find_course, grade_assignment, simulate
from hwlib.grading.proof.demo import SEED, SLUG, STUDENTS

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "feedback.png"
WIDTH = 1000  # CSS pixels


def main() -> None:
    """Grade, take the picture, and print what it shows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path, default=PICTURE)
    picture: Path = parser.parse_args().file
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("Chromium is not installed; run: make setup-system")
    with tempfile.TemporaryDirectory(prefix="hw-pictures-") as name:
        page = page_with_a_hint(Path(name).resolve())
        hint = take(page, picture, browser)
    print(f"{picture}: {page.parent.parent.name}, “{hint}”")


def page_with_a_hint(folder: Path) -> Path:
    """Grade the demo's class in a folder; the page of the first wrong solution that gets a hint."""
    assignment = find_course(ROOT).assignment(SLUG)
    made = simulate(assignment, STUDENTS, SEED, folder / "submitted")
    # who is known to be wrong: a check of speed can fail anyone on a busy machine
    wrong = [one.student for one in made if one.kind == "wrong"]
    report = grade_assignment(
        assignment, folder / "submitted", folder, wrong, GradeOptions(seed=SEED)
    )
    for submission in report.submissions:
        if any(question.hint for question in submission.questions):
            return folder / "feedback" / submission.student / SLUG / f"{SLUG}.html"
    sys.exit("no wrong solution of the demo's class gets a hint; choose another SEED in demo.py")


def take(page: Path, picture: Path, browser: str) -> str:
    """Write the page down to its first hint as a PNG file; the hint."""
    # here: who only reads this module may lack the browser library
    from playwright.sync_api import sync_playwright

    # root has no sandbox; the page is our own and runs no script
    options = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=options)
        opened = chromium.new_page(
            viewport={"width": WIDTH, "height": 800}, color_scheme="light", locale="en"
        )
        opened.goto(page.as_uri())
        hint = opened.locator(".hint").first
        below = opened.locator("section", has=hint).bounding_box()
        assert below is not None  # a box of its own: neither hidden nor folded
        height = below["y"] + below["height"] + 24
        opened.screenshot(
            path=picture,
            clip={"x": 0, "y": 0, "width": WIDTH, "height": height},
            full_page=True,
            animations="disabled",
        )
        text = hint.inner_text().removeprefix("Hint: ")
        chromium.close()
    return text


if __name__ == "__main__":
    main()
