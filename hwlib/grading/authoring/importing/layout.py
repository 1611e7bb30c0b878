"""Finds the assignments in a file, a folder or a whole course of another tool."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode

from hwlib.errors import CourseError
from hwlib.grading.authoring.importing.found import FoundNotebook
from hwlib.grading.authoring.importing.headers_and_footers import with_header_and_footer
from hwlib.grading.authoring.importing.markers import Delimiters, delimiters_in
from hwlib.grading.authoring.importing.nbgrader_notebooks import (
    NOTEBOOKS,
    found_in_nbgrader,
    read_notebook,
)
from hwlib.grading.authoring.importing.old_course import config_of
from hwlib.grading.authoring.importing.otter_notebooks import found_in_otter, is_otter
from hwlib.grading.course import SLUG, slug_for

__all__ = ["FoundAssignment", "find_assignments"]

MAX_FILE_BYTES = 20_000_000
MAX_DEPTH, MAX_FILES = 2, 5_000  # where the files of a single notebook are looked for
_SKIPPED = {
    ".ipynb_checkpoints",
    "__pycache__",
    ".git",
    ".DS_Store",
    "autotests.yml",
    "tests.yml",
    "gradebook.db",
    "nbgrader_config.py",
}


@dataclass(frozen=True, slots=True)
class FoundAssignment:
    """One assignment of another tool."""

    slug: str
    folder: Path
    notebooks: tuple[FoundNotebook, ...]
    originals: tuple[NotebookNode, ...]  # as they were read
    files: tuple[Path, ...]  # what students get beside the notebook, relative to the folder
    left_out: tuple[str, ...] = ()  # what is not imported, a sentence each
    has_folder: bool = True  # False: it is one notebook in a folder that may have anything else

    @property
    def delimiters(self) -> Delimiters:
        """The markers that the course's nbgrader_config.py sets."""
        return delimiters_in(config_of(self.folder))


def find_assignments(source: Path, to: str = "") -> list[FoundAssignment]:
    """The assignments in a notebook, a folder of notebooks, or a course.

    Parameters
    ----------
    source : Path
        A notebook; a folder with notebooks, which is one assignment; or a course, whose
        assignments are the folders in its folder source/.
    to : str
        The name that the assignment gets, if there is only one.

    Raises
    ------
    CourseError
        If there is nothing to import, or several assignments are to have one name.
    """
    if not source.exists():
        raise CourseError(f"{source}: no such file; name a notebook, a folder or a course")
    if source.is_file():
        return [_of_file(source, to or slug_for(source.stem))]
    folders = list(_folders(source))
    found = [one for one in map(_of_folder, folders) if one is not None]
    if not found:
        raise CourseError(
            f"{source}: there is no notebook with nbgrader's or otter's cells here, nor in source/ "
            "or the folders below; name the folder that has the notebooks with the solutions"
        )
    if to:
        if len(found) > 1:
            names = ", ".join(one.folder.name for one in found)
            raise CourseError(
                f"{source}: --to names one assignment, but there are {len(found)} here ({names}); "
                "name one of these folders, or leave --to out"
            )
        found = [_renamed(found[0], to)]
    return _distinct(found)


def _renamed(found: FoundAssignment, slug: str) -> FoundAssignment:
    if not SLUG.fullmatch(slug):
        raise CourseError(
            f"--to {slug}: the name of an assignment may have lower-case letters, digits and _, "
            "and begins with a letter"
        )
    return replace(found, slug=slug)


def _distinct(found: Sequence[FoundAssignment]) -> list[FoundAssignment]:
    taken: set[str] = set()
    result = []
    for one in found:
        slug, number = one.slug, 2
        while slug in taken:
            slug, number = f"{one.slug}_{number}", number + 1
        taken.add(slug)
        result.append(one if slug == one.slug else _renamed(one, slug))
    return result


def _folders(source: Path) -> Iterator[Path]:
    """The folders that may be assignments."""
    inside = source / "source"
    if inside.is_dir():
        yield from _folders(inside)
        return
    if any(_candidates(source)) and source.name != "source":
        yield source
        return
    for folder in sorted(source.iterdir()):
        if folder.is_dir() and not folder.name.startswith((".", "_")):
            yield from _folders(folder)


def _candidates(folder: Path) -> Iterator[Path]:
    """Files that may be notebooks of an assignment."""
    for path in sorted(folder.iterdir()):
        if path.suffix not in NOTEBOOKS or path.name in _SKIPPED or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        is_one = path.suffix != ".py" or re.search(r"^# %%", text, re.MULTILINE)
        if is_one and ("nbgrader" in text or "BEGIN QUESTION" in text):
            yield path


def _of_file(path: Path, slug: str) -> FoundAssignment:
    found, notebook = _read(path)
    if found is None:
        raise CourseError(
            f"{path}: it has no cells of nbgrader or otter; name the notebook with the solutions"
        )
    files = tuple(dict.fromkeys((*_listed(found), *_named_files(found, path.parent))))
    assignment = FoundAssignment(slug, path.parent, (found,), (notebook,), files, has_folder=False)
    return _renamed(assignment, slug)


def _listed(notebook: FoundNotebook) -> Iterator[Path]:
    """The files that otter's notebook lists for students."""
    for name in notebook.files:
        path = Path(name)
        if not path.is_absolute() and ".." not in path.parts:
            if (notebook.path.parent / path).is_file():
                yield path
            for inside in sorted((notebook.path.parent / path).rglob("*")):
                if inside.is_file():
                    yield inside.relative_to(notebook.path.parent)


def _of_folder(folder: Path) -> FoundAssignment | None:
    notebooks, originals, left_out = [], [], []
    for path in _candidates(folder):
        found, notebook = _read(path)
        if found is None:
            continue
        notebooks.append(found)
        originals.append(notebook)
    if not notebooks:
        return None
    taken = {one.path for one in notebooks}
    files = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or path in taken or any(p in _SKIPPED for p in inside.parts):
            continue
        if path.suffix == ".ipynb":
            left_out.append(f"{inside} has no graded cells")
        elif path.stat().st_size > MAX_FILE_BYTES:
            left_out.append(f"{inside} has {path.stat().st_size / 1e6:.0f} MB")
        else:
            files.append(inside)
    return FoundAssignment(
        slug_for(folder.name),
        folder,
        tuple(notebooks),
        tuple(originals),
        tuple(files),
        tuple(left_out),
    )


def _read(path: Path) -> tuple[FoundNotebook | None, NotebookNode]:
    """The notebook, as nbgrader gives it out; None if it is none of an assignment."""
    notebook = read_notebook(path)
    if is_otter(notebook):
        return found_in_otter(path, notebook), notebook
    found = found_in_nbgrader(path, notebook)
    if all(cell.role == "given" for cell in found.cells):
        return None, notebook
    return with_header_and_footer(found, notebook)


def _named_files(notebook: FoundNotebook, folder: Path) -> Iterator[Path]:
    """The files beside a notebook that its cells, or the modules among these files, name."""
    nearby = [path for path in _nearby(folder) if path.suffix != ".ipynb"]
    rest = [path for path in nearby if path != notebook.path]
    texts = ["\n".join(cell.source for cell in notebook.cells)]
    while texts:
        text = texts.pop()
        for path in [one for one in rest if _is_named(one.relative_to(folder), text)]:
            rest.remove(path)
            if path.suffix == ".py":
                texts.append(path.read_text(encoding="utf-8", errors="replace"))
            if path.stat().st_size <= MAX_FILE_BYTES:
                yield path.relative_to(folder)


def _is_named(inside: Path, text: str) -> bool:
    """Whether code imports a module, or names a file or its folder."""
    module = re.escape(inside.parts[0].removesuffix(".py"))
    if inside.suffix == ".py" and re.search(rf"^\s*(import|from)\s+{module}\b", text, re.MULTILINE):
        return True
    names = [inside.name, *(f"{part}/" for part in inside.parts[:-1])]
    return any(re.search(rf"(?<![\w.]){re.escape(name)}", text) for name in names)


def _nearby(folder: Path) -> Iterator[Path]:
    """The files in a folder and two levels below it, sorted; not all of a big tree."""
    found = []
    for root, folders, names in os.walk(folder):
        depth = len(Path(root).relative_to(folder).parts)
        folders[:] = sorted(
            name
            for name in folders
            if depth < MAX_DEPTH and name not in _SKIPPED and not name.startswith(".")
        )
        found += [Path(root) / name for name in names if name not in _SKIPPED]
        if len(found) > MAX_FILES:
            break
    yield from sorted(path for path in found[:MAX_FILES] if path.is_file())
