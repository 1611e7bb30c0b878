"""Starts a new assignment or a new course, with an example that builds and verifies at once."""

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

FIRST = "first"  # the default name of a new course's assignment


def new_assignment(course: Course, slug: str, title: str = "") -> Path:
    """Make assignments/SLUG/ with an example. Without a title, it has one made from its name.

    It has one solved function, one written question, one wrong solution and one unusual right
    solution.

    Raises
    ------
    CourseError
        If the name is not allowed, or the folder exists.
    """
    _require_name(slug)
    folder = course.root / "assignments" / slug
    if folder.exists():
        raise CourseError(f"{folder} exists; choose another name, or remove the folder")
    title = " ".join(title.split()) or slug.replace("_", " ").capitalize()
    _write(_rendered("assignment", slug=slug, title=title), folder)
    return folder


def new_course(folder: Path, title: str = "", repository: str = "", slug: str = FIRST) -> Course:
    """Make a course in `folder`, with a first assignment.

    The other files are course.toml, nbgrader_config.py, .gitignore, README.md and environment.yml.

    Parameters
    ----------
    folder : Path
        A new folder, or one that has none of these files yet.
    title : str
        Title of the course. The default is made from the folder's name.
    repository : str
        The address of the repository that students see, or "" if there is none yet.
    slug : str
        Name of the first assignment.

    Raises
    ------
    CourseError
        If a name or the address is not allowed, or a file that would be written exists.
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
            raise CourseError(f"{taken} exists; choose another folder for the new course")
    _write(files.items(), folder)
    course = find_course(folder)
    new_assignment(course, slug)
    return course


def _require_name(slug: str) -> None:
    if not SLUG.fullmatch(slug):
        raise CourseError(
            f"{slug!r}: the name of an assignment may have lower-case letters, digits and _, and "
            "begins with a letter; for example k_means"
        )


def default_title(folder: Path) -> str:
    """Make the title of a course from the name of its folder.

    >>> default_title(Path("machine_learning-2027"))
    'Machine learning 2027'
    """
    words = " ".join(re.split(r"[\W_]+", folder.resolve().name)).strip()
    return words[:1].upper() + words[1:] or "A course"


def _rendered(folder: str, **values: str) -> Iterator[tuple[str, str]]:
    """The name and text of each file that the templates in a folder make."""
    templates = Environment(
        loader=PackageLoader("hwlib.grading"),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    # a string as TOML and YAML have it, too
    templates.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    for name in templates.list_templates(filter_func=lambda name: name.startswith(f"{folder}/")):
        path = name.removeprefix(f"{folder}/").removesuffix(".j2")
        # the template has no dot: with one, git would ignore files of the package
        yield (
            ".gitignore" if path == "gitignore" else path,
            templates.get_template(name).render(**values),
        )


def _write(files: Iterable[tuple[str, str]], folder: Path) -> None:
    for name, text in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
