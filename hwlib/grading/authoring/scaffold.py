"""Starts a new assignment: a folder that builds and verifies as it stands, to be changed bit by
bit.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from hwlib.errors import CourseError
from hwlib.grading.course import SLUG, Course

__all__ = ["new_assignment"]

_TEMPLATES = "assignment/"


def new_assignment(course: Course, slug: str) -> Path:
    """Make assignments/SLUG/ with one solved function, one written question, one wrong and one
    unusual right solution.

    Raises
    ------
    CourseError
        If the name won't do, or the folder is there already.
    """
    if not SLUG.fullmatch(slug):
        raise CourseError(
            f"{slug!r}: an assignment's name is lower-case letters, digits and _, a letter first; "
            "for example k_means"
        )
    folder = course.root / "assignments" / slug
    if folder.exists():
        raise CourseError(f"{folder}: already there; choose another name, or remove the folder")
    templates = Environment(
        loader=PackageLoader("hwlib.grading"),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    title = slug.replace("_", " ").capitalize()
    for name in templates.list_templates(filter_func=lambda name: name.startswith(_TEMPLATES)):
        path = folder / name.removeprefix(_TEMPLATES).removesuffix(".j2")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            templates.get_template(name).render(slug=slug, title=title), encoding="utf-8"
        )
    return folder
