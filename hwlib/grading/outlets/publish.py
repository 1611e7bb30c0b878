"""Writes the tree that students get: release/, an environment, a README, and hwlib if need be.

    README.md, environment.yml, .gitignore
    release/SLUG/…               as `hw build` made it
    pyproject.toml, hwlib/       if the notebooks install hwlib from this repository
    wheels/hwlib-….whl           if the course names no place to install hwlib from
    .published.json              which files are ours: name → SHA-256

Nothing is written if something leaks, or if a file that is there was not written by this module.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from packaging.requirements import Requirement

from hwlib.atomic import write_whole
from hwlib.errors import CourseError
from hwlib.extras import REQUIREMENTS
from hwlib.grading.authoring.build import build, duration, own_work
from hwlib.grading.authoring.leaks import find_leaks, leaks_in_tree
from hwlib.grading.course import Assignment, Course
from hwlib.grading.outlets.own_wheel import own_wheel, package_files
from hwlib.grading.texts import printable

__all__ = ["Published", "publish", "released_files", "student_files", "unfit"]

RECORD = ".published.json"
MAX_LISTED = 5
# what file managers and editors leave
NO_FILES = frozenset((".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints", "__pycache__"))
TEXTS = ("README.md", "environment.yml", ".gitignore")


@dataclass(frozen=True, slots=True)
class Published:
    """What was written, or why nothing was."""

    folder: Path
    files: tuple[str, ...]  # all files of the tree
    changed: tuple[str, ...]  # those that were new or different
    removed: tuple[str, ...]  # those of an earlier run that are no longer part of it
    problems: tuple[
        str, ...
    ] = ()  # leaks, and builds that are out of date; then nothing is written


def publish(course: Course, folder: Path, slugs: Sequence[str] = ()) -> Published:
    """Write the students' tree to `folder`, or bring an earlier one up to date.

    The same course gives the same bytes.

    Parameters
    ----------
    course : Course
    folder : Path
        A new or empty folder, a clone of an empty repository, or the folder of an earlier run.
    slugs : sequence of str
        The assignments that students get. The default is all of them.

    Raises
    ------
    CourseError
        If the folder has a file that an earlier run did not write, or one that was changed since.
    """
    assignments = course.assignments(tuple(sorted(set(slugs))))
    if not assignments:
        raise CourseError(f"{course.root}: there is no assignment to publish; `hw new` starts one")
    problems = [line for one in assignments for line in unfit(one)]
    files = student_files(course, assignments)
    if not problems:
        every = [one for one in map(course.assignment, course.slugs()) if _is_built(one)]
        problems = [line for one in every for line in _leaks(one, files)]
    if problems:
        return Published(folder, tuple(sorted(files)), (), (), tuple(dict.fromkeys(problems)))
    ours = {name: _digest(content) for name, content in files.items()}
    present = _present(folder)
    before = _record(folder)
    _require_ours(folder, present, before, ours)
    changed = tuple(sorted(name for name in files if present.get(name) != ours[name]))
    removed = tuple(sorted(set(present) - set(ours)))
    for name in changed:
        write_whole(folder / name, files[name])
    for name in removed:
        (folder / name).unlink()
        _remove_empty(folder, (folder / name).parent)
    write_whole(folder / RECORD, json.dumps(ours, indent=1, sort_keys=True) + "\n")
    return Published(folder, tuple(sorted(files)), changed, removed)


def student_files(course: Course, assignments: Sequence[Assignment]) -> dict[str, bytes]:
    """The files of the students' tree, by name. They are not checked for leaks here."""
    extras = sorted({extra for one in assignments for extra in one.extras})
    suffix = f"[{','.join(extras)}]" if extras else ""
    files: dict[str, bytes] = {}
    if not course.install_address:
        name, wheel = own_wheel()
        files[f"wheels/{name}"] = wheel
        requirement = f"./wheels/{name}{suffix}"
    elif course.install is None:  # from the repository that this tree is pushed to
        files |= {f"hwlib/{name}": content for name, content in package_files().items()}
        files["pyproject.toml"] = _render("pyproject.toml", **_metadata())
        requirement = f".{suffix}"
    else:
        requirement = f"hwlib{suffix} @ {course.install_address}"
    words = re.findall("[a-z0-9]+", f"{course.title} {course.term}".lower())
    values = {
        "title": course.title,
        "term": course.term,
        "name": "-".join(words) or "course",
        "github": course.github,
        "branch": course.branch,
        "requirement": requirement,
        "torch": "torch" in extras,
    }
    shown = [
        {
            "slug": one.slug,
            "stems": one.stems,
            "several": one.has_several,
            "title": one.title,
            "work": own_work(one.hours) or "–",
            "time": duration(one.minutes),
            "points": f"{one.points:g}",
        }
        for one in assignments
    ]
    for name in TEXTS:
        quoted = {**values, "requirement": f'"{requirement}"'} if name == "README.md" else values
        files[name] = _render(name, assignments=shown, **quoted)
    for one in assignments:
        for path in released_files(one):
            files[path.relative_to(course.root).as_posix()] = path.read_bytes()
    return files


# ---- what must not be published ------------------------------------------------------------------


def unfit(assignment: Assignment) -> Iterator[str]:
    """A line for each leak in release/SLUG/, and for each file there that is not as built."""
    result = build(assignment, check=True)
    root = assignment.course.root
    if result.changed:
        names = ", ".join(str(path.relative_to(root)) for path in result.changed[:MAX_LISTED])
        yield f"{names}: out of date; run `hw build {assignment.slug}` and publish again"
    for path in result.stale:
        if path.is_relative_to(assignment.release.parent) and not path.is_symlink():
            yield (
                f"{path.relative_to(root)}: `hw build` did not make this file; remove it, or put "
                f"it into assignments/{assignment.slug}/files/ if students need it"
            )
    for path in sorted(assignment.release.parent.rglob("*")):
        if path.is_symlink():
            yield f"{path.relative_to(root)}: this is a link; put the file itself there"
    yield from map(str, find_leaks(assignment))


def _is_built(assignment: Assignment) -> bool:
    return all(one.source.is_file() for one in assignment.each_notebook())


def _leaks(assignment: Assignment, files: Mapping[str, bytes]) -> Iterator[str]:
    """What the rest of the tree tells of this assignment, which need not be published yet."""
    own = f"release/{assignment.slug}/"
    shown = {
        name: text
        for name, text in files.items()
        if not name.startswith(("hwlib/", "wheels/", own))
    }
    for leak in leaks_in_tree(assignment, shown):
        yield f"{assignment.slug}: {leak}"


def _require_ours(
    folder: Path, present: Mapping[str, str], before: Mapping[str, str], ours: Mapping[str, str]
) -> None:
    """Refuse a folder with files that this module has not written, or not as they are now."""
    foreign = [
        name for name in sorted(present) if name not in before and ours.get(name) != present[name]
    ]
    if foreign:
        raise CourseError(
            f"{folder}: expected an empty folder or an earlier output of `hw publish`, found "
            f"{_listed(foreign)}; name another folder, or move these files away"
        )
    edited = [
        name for name in sorted(present) if present[name] not in (before.get(name), ours.get(name))
    ]
    if edited:
        raise CourseError(
            f"{folder}: {_listed(edited)} changed since `hw publish` wrote it; make the change in "
            "the course, or remove the file, and publish again"
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:MAX_LISTED])
    more = len(names) - MAX_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


# ---- the folder ----------------------------------------------------------------------------------


def _present(folder: Path) -> dict[str, str]:
    """The files that are there, apart from git's own, our record and what file managers and editors
    leave, with their digests.
    """
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder}: expected a folder, found a file; name another place")
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if inside.parts[0] == ".git" or inside.as_posix() == RECORD or NO_FILES & {*inside.parts}:
            continue
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            found[inside.as_posix()] = "a link"
        elif path.is_file():
            found[inside.as_posix()] = _digest(path.read_bytes())
    return found


def _record(folder: Path) -> dict[str, str]:
    path = folder / RECORD
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(text, str) for text in values.values()):
        raise CourseError(
            f"{path}: expected the list of files that `hw publish` wrote, found another text; "
            "publish to a new folder"
        )
    return values


def _remove_empty(folder: Path, place: Path) -> None:
    while place != folder and not any(place.iterdir()):
        place.rmdir()
        place = place.parent


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def released_files(assignment: Assignment) -> list[Path]:
    """The files of release/SLUG/ without what editors leave there."""
    folder = assignment.release.parent
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not {".ipynb_checkpoints", "__pycache__"} & set(path.relative_to(folder).parts)
    ]


# ---- texts ---------------------------------------------------------------------------------------


def _render(template: str, /, **values: object) -> bytes:
    templates = Environment(
        loader=PackageLoader("hwlib.grading"),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    templates.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    return templates.get_template(f"publish/{template.lstrip('.')}.j2").render(**values).encode()


def _metadata() -> dict[str, object]:
    """The values of a pyproject.toml for the hwlib that is running."""
    found = distribution("hwlib")
    needed = [Requirement(text) for text in found.requires or ()]
    grading = [one for one in needed if one.marker and one.marker.evaluate({"extra": "grading"})]
    base = [one for one in needed if one.marker is None or "extra" not in str(one.marker)]
    return {
        "version": found.version,
        "requires_python": found.metadata["Requires-Python"] or ">=3.11",
        "dependencies": sorted(map(str, base)),
        "extras": {
            **{extra: list(lines) for extra, lines in sorted(REQUIREMENTS.items())},
            "grading": sorted(f"{one.name}{one.specifier}" for one in grading if one not in base),
        },
    }
