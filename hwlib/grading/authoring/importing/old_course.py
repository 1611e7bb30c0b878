"""What an instructor should know of the old course as a whole: its settings and its gradebook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["about_old_course", "config_of"]

CONFIG = "nbgrader_config.py"
_SETTING = re.compile(r"^\s*c\.(\w+)\.(\w+)\s*=", re.MULTILINE)
_EXCHANGE = re.compile(r"^\s*c\.ExchangeFactory\.|^[^#\n]*\bngshare", re.MULTILINE)
_OWN = {"CourseDirectory.course_id", "CourseDirectory.root"}  # a course of hwlib has its own


def config_of(folder: Path) -> str:
    """The text of the nearest nbgrader_config.py, in a folder or above it; "" without one."""
    found = _nearest(folder, CONFIG)
    return found.read_text(encoding="utf-8", errors="replace") if found else ""


def about_old_course(source: Path) -> Iterator[str]:
    """A line for each thing that an import does not take over by itself.

    Parameters
    ----------
    source : Path
        What is imported: a course, a folder of it or a notebook.
    """
    text = config_of(source)
    if _EXCHANGE.search(text):
        yield (
            f"{CONFIG} sets an exchange of another kind, such as ngshare, which hwlib does not "
            "know; use `hw publish` to give out assignments, and `hw serve` or `hw collect` to "
            "take hand-ins"
        )
    others = {
        f"{part}.{key}"
        for part, key in _SETTING.findall(text)
        if part != "ExchangeFactory" and not key.endswith("_delimeter")  # markers are read
    }
    if others := others - _OWN:
        yield (
            f"{CONFIG} sets {', '.join(sorted(others))}, which is not taken over; copy what you "
            f"need into {CONFIG} of this course"
        )
    if gradebook := _nearest(source, "gradebook.db"):
        yield (
            f"{gradebook} has grades of this course; to go on with them, copy it into this course "
            "with submitted/ and autograded/ (docs/from-nbgrader.md, The old gradebook)"
        )


def _nearest(folder: Path, name: str) -> Path | None:
    places = (folder, *folder.parents[:3])
    return next((one / name for one in places if (one / name).is_file()), None)
