"""What an instructor should know of the old course as a whole: its settings and its gradebook."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from hwlib.grading.authoring.importing.old_settings import settings_of

__all__ = ["CONFIG", "about_old_course", "config_of", "nearest"]

CONFIG = "nbgrader_config.py"
_NGSHARE = re.compile(r"^[^#\n]*\bngshare", re.MULTILINE)
_OWN = {"CourseDirectory.course_id", "CourseDirectory.root"}  # a course of hwlib has its own


def config_of(folder: Path) -> str:
    """The text of the nearest nbgrader_config.py, in a folder or above it; "" without one."""
    found = nearest(folder, CONFIG)
    return found.read_text(encoding="utf-8", errors="replace") if found else ""


def about_old_course(source: Path, followed: Collection[str] = ()) -> Iterator[str]:
    """A line for each thing that an import does not take over by itself.

    Parameters
    ----------
    source : Path
        What is imported: a course, a folder of it or a notebook.
    followed : collection of str
        Names of settings that the import has taken over.
    """
    text = config_of(source)
    settings = settings_of(text)
    if _NGSHARE.search(text) or any(one.startswith("ExchangeFactory.") for one in settings):
        yield (
            f"{CONFIG} sets an exchange of another kind, such as ngshare, which hwlib does not "
            "know; use `hw publish` to give out assignments, and `hw serve` or `hw collect` to "
            "take hand-ins"
        )
    others = {
        one
        for one in settings.keys() - _OWN - set(followed)
        if not one.startswith("ExchangeFactory.")
        and not (one.endswith("_delimeter") and settings[one])  # the import reads these
    }
    if others:
        yield (
            f"{CONFIG} sets {', '.join(sorted(others))}, which is not taken over; copy what you "
            f"need into {CONFIG} of this course"
        )
    yield from _modules(source, settings)
    if gradebook := nearest(source, "gradebook.db"):
        yield (
            f"{gradebook} has grades of this course; to go on with them, copy it into this course "
            "with submitted/ and autograded/ (docs/from-nbgrader.md, The old gradebook)"
        )


def _modules(source: Path, settings: Mapping[str, str | None]) -> Iterator[str]:
    """A line for each class of the course's own, in a file beside the settings."""
    config = nearest(source, CONFIG)
    for name, text in sorted(settings.items()):
        module, dot, _ = (text or "").rpartition(".")
        file = f"{module.replace('.', '/')}.py"
        if config and dot and (config.parent / file).is_file():
            yield (
                f"{CONFIG} sets {name} to {text}, which is in {file}; copy that file, too, if you "
                "copy this setting"
            )


def nearest(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder, or in one of the three above it."""
    places = (folder, *folder.parents[:3])
    return next((one / name for one in places if (one / name).is_file()), None)
