"""Notices which assignments have changed on the disk, for `hw verify --watch`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from hwlib.grading.course import Course

__all__ = ["changed_slugs"]

PAUSE_S = 0.5
_NOT_OURS = (".ipynb_checkpoints", "__pycache__")

_Seen = dict[Path, tuple[int, int]]
"""File → (time of the last change in ns, size in bytes)."""


def changed_slugs(
    course: Course,
    slugs: Sequence[str] = (),
    pause: Callable[[], None] = lambda: time.sleep(PAUSE_S),
) -> Iterator[list[str]]:
    """First all assignments, and then, without an end, those whose files have changed.

    A change counts once the files stay as they are for one pause, because editors save a file in
    several steps.

    Parameters
    ----------
    course : Course
    slugs : sequence of str
        Watch only these. The default is all, also those that are added later.
    pause : callable
        Waits between two looks.
    """
    known = _look(course, slugs)
    yield sorted(known)
    before = known
    while True:
        pause()
        now = _look(course, slugs)
        if now == before:
            changed = sorted(slug for slug in now if now[slug] != known.get(slug))
            known = now
            if changed:
                yield changed
        before = now


def _look(course: Course, slugs: Sequence[str]) -> dict[str, _Seen]:
    """The files of each assignment."""
    return {
        slug: _files(course.root / "assignments" / slug)
        for slug in course.slugs()
        if not slugs or slug in slugs
    }


def _files(folder: Path) -> _Seen:
    found: _Seen = {}
    for path in folder.rglob("*"):
        if any(part in _NOT_OURS for part in path.relative_to(folder).parts):
            continue
        try:
            status = path.stat()
        except OSError:  # an editor has just removed it
            continue
        if path.is_file():
            found[path] = (status.st_mtime_ns, status.st_size)
    return found
