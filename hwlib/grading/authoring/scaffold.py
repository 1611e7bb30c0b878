"""Starts a new assignment or a whole new course; both build and verify as they stand, to be changed
bit by bit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from hwlib.errors import CourseError
from hwlib.extras import public_address
from hwlib.grading.course import SLUG, Course, address_problem, find_course

__all__ = ["FIRST", "default_title", "new_assignment", "new_course"]

FIRST = "first"  # the name of a new course's assignment, where none is given


def new_assignment(course: Course, slug: str) -> Path:
    """Make assignments/SLUG/ with one solved function, one written question, one wrong and one
    unusual right solution.

    Raises
    ------
    CourseError
        If the name won't do, or the folder is there already.
    """
    _require_name(slug)
    folder = course.root / "assignments" / slug
    if folder.exists():
        raise CourseError(f"{folder}: already there; choose another name, or remove the folder")
    title = slug.replace("_", " ").capitalize()
    _write(_rendered("assignment", slug=slug, title=title), folder)
    return folder


def new_course(folder: Path, title: str = "", repository: str = "", slug: str = FIRST) -> Course:
    """Make a course in `folder`: course.toml, nbgrader_config.py, .gitignore, README.md,
    environment.yml and a first assignment.

    Parameters
    ----------
    folder : Path
        A new folder, or one that has none of these files yet.
    title : str
        Default: made from the folder's name.
    repository : str
        The address of the repository that students see, "" if there is none yet.
    slug : str
        The first assignment.

    Raises
    ------
    CourseError
        If a name or the address won't do, or a file that would be written is there already.
    """
    _require_name(slug)
    folder = folder.resolve()
    problem = repository and address_problem("repository", repository)
    if problem:
        raise CourseError(f"{problem}; leave it out if there is no repository yet")
    files = dict(
        _rendered(
            "course",
            title=" ".join(title.split()) or default_title(folder),
            name=re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-") or "course",
            repository=repository,
            install=public_address(),
            slug=slug,
        )
    )
    for taken in (folder / name for name in [*files, "assignments"]):
        if taken.exists():
            raise CourseError(f"{taken}: already there; choose another folder for the new course")
    _write(files.items(), folder)
    course = find_course(folder)
    new_assignment(course, slug)
    return course


def _require_name(slug: str) -> None:
    if not SLUG.fullmatch(slug):
        raise CourseError(
            f"{slug!r}: an assignment's name is lower-case letters, digits and _, a letter first; "
            "for example k_means"
        )


def default_title(folder: Path) -> str:
    """A course's title, made from its folder's name.

    >>> default_title(Path("machine_learning-2027"))
    'Machine learning 2027'
    """
    words = " ".join(re.split(r"[\W_]+", folder.resolve().name)).strip()
    return words[:1].upper() + words[1:] or "A course"


def _rendered(kind: str, **values: str) -> Iterator[tuple[str, str]]:
    """Name and text of every file that templates/KIND/ makes."""
    templates = Environment(
        loader=PackageLoader("hwlib.grading"),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    # a string as TOML and YAML have it, too
    templates.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    for name in templates.list_templates(filter_func=lambda name: name.startswith(f"{kind}/")):
        path = name.removeprefix(f"{kind}/").removesuffix(".j2")
        # a .gitignore among the templates would make git ignore files of the package
        yield (
            ".gitignore" if path == "gitignore" else path,
            templates.get_template(name).render(**values),
        )


def _write(files: Iterable[tuple[str, str]], folder: Path) -> None:
    for name, text in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
