"""Gathers the files of a hand-in that lie in several folders and zips."""

from __future__ import annotations

import atexit
import os
import re
import weakref
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath

from hwlib.atomic import remove_folder
from hwlib.grading.course import Assignment
from hwlib.grading.sandbox.folders import RunFolder
from hwlib.grading.submissions.beside import MAX_FILE_BYTES, below, copy_files, regular_files
from hwlib.grading.submissions.choosing import Choice
from hwlib.grading.submissions.reading import MAX_BYTES
from hwlib.grading.submissions.zips import MAX_ZIPS, safe_parts, unpack, zips_in
from hwlib.grading.texts import printable

__all__ = ["Gathered", "Place", "gather"]


class Place:
    """A folder with files of one hand-in, removed when nothing in this process needs it."""

    def __init__(self) -> None:
        self.path = _run_folder(os.getpid()).new("hand-in-", 0o700)
        weakref.finalize(self, _remove_as, os.getpid(), self.path)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """In another process it is no more than a name."""
        return str, (str(self.path),)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The one folder in which student code finds its files."""

    folder: Path
    choices: Mapping[str, Choice]  # name of a notebook → which one is graded
    problems: tuple[str, ...] = ()
    place: Place | None = None  # if it was made for this


@cache
def _run_folder(process: int) -> RunFolder:
    """Where this process gathers files."""
    run = RunFolder([])
    atexit.register(_remove_as, process, run.path)
    return run


def _remove_as(process: int, folder: Path) -> None:
    """Remove a folder, but not from a fork of the process that has made it."""
    if os.getpid() == process:
        remove_folder(folder)


def gather(choices: Mapping[str, Choice], folder: Path, assignment: Assignment) -> Gathered:
    """Find the files that belong to the chosen notebooks: those beside them, those that the
    assignment declares and that lie elsewhere, and those in a zip. If they are not in one folder,
    copies of them are made in a new one.
    """
    found = [choice for choice in choices.values() if choice.notebook is not None]
    packed = {choice.archive: choice for choice in found if choice.archive}
    theirs = [one.notebook.parent for one in found if one.notebook and not one.archive]
    beside = list(dict.fromkeys(theirs))
    base = beside[0] if len(beside) == 1 and not packed else folder
    if not found:
        return Gathered(folder, choices)
    extra = [path for path in zips_in(folder) if path not in packed]
    is_one_place = len(beside) <= 1 and not any(choice.more for choice in packed.values())
    elsewhere, told = _declared_elsewhere(assignment, base, [folder])
    if len(_lacking(assignment, base)) == len(elsewhere):
        extra = []
    if is_one_place and not elsewhere and not extra:
        return Gathered(base, choices, tuple(told))
    place, problems = Place(), list[str]()
    target = place.path / "files"
    unpacked_at = {
        archive: place.path / f"zip-{number}" / archive.name
        for number, archive in enumerate([*packed, *extra])
    }
    target.mkdir()
    moved = {stem: _moved(choice, stem, target) for stem, choice in choices.items()}
    for archive in [*packed, *extra]:
        problems += unpack(archive, unpacked_at[archive])
    for source in [*beside, *([folder] if packed or len(beside) > 1 else [])]:
        problems += _add_files(source, target)
    for archive, choice in packed.items():
        inner = PurePosixPath(*safe_parts(choice.inner)[:-1])
        problems += _add_files(unpacked_at[archive] / inner, target)
    places = [folder, *unpacked_at.values()]
    if _lacking(assignment, target):
        inside = [zipped for one in unpacked_at.values() for zipped in zips_in(one)]
        for number, zipped in enumerate(inside[:MAX_ZIPS]):
            places.append(place.path / f"zip-inside-{number}" / zipped.name)
            problems += unpack(zipped, places[-1])
    elsewhere, told = _declared_elsewhere(assignment, target, places)
    if is_one_place and not elsewhere:
        return Gathered(base, choices, (*problems, *told))
    for name, path in elsewhere.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        _copy_bounded(path, target / name, MAX_FILE_BYTES)
    graded = {choice.inner for choice in found}
    for choice in packed.values():
        problems += _told_of_zip(choice, target, elsewhere.values(), graded)
    return Gathered(target, moved, tuple(dict.fromkeys((*told, *problems))), place)


def _moved(choice: Choice, stem: str, target: Path) -> Choice:
    """The same choice, with the notebook in another folder."""
    if choice.notebook is None:
        return choice
    path = target / choice.notebook.name
    if path.exists():
        path = target / f"{stem}.ipynb"
    if choice.text is not None:
        path.write_bytes(choice.text.encode("utf-8", "replace"))
    else:
        _copy_bounded(choice.notebook, path, MAX_BYTES + 1)
    return replace(choice, notebook=path)


def _copy_bounded(source: Path, target: Path, limit: int) -> None:
    """Copy a file, but no more than so many bytes of it."""
    with source.open("rb") as file, target.open("wb") as copy:
        while limit and (piece := file.read(min(limit, 1 << 20))):
            copy.write(piece)
            limit -= len(piece)


def _add_files(source: Path, target: Path) -> list[str]:
    """Copy files to where others may be, which stay."""
    there = {path.relative_to(target).as_posix() for path in target.rglob("*")}
    return copy_files(source, target, notebooks=True, keep=there) if source.is_dir() else []


def _told_of_zip(
    choice: Choice, target: Path, taken: Collection[Path], graded: Collection[str]
) -> list[str]:
    """What became of the other files in a zip."""
    if choice.archive is None:
        return []
    folder = safe_parts(choice.inner)[:-1]
    by_use: dict[str, list[str]] = {"used, too": [], "not used": [], "not graded": []}
    for member in choice.more:
        parts = safe_parts(member)
        beside = target.joinpath(*parts[len(folder) :])
        is_used = bool(parts) and parts[: len(folder)] == folder and beside.is_file()
        is_used = is_used or any(path.parts[-len(parts) :] == parts for path in taken if parts)
        use = "used, too" if is_used else "not used"
        if member.lower().endswith(".ipynb"):
            use = "" if member in graded else "not graded"
        if use:
            by_use[use].append(printable(member))
    name = printable(choice.archive.name)
    return [
        f"these files in {name} were {use}: {_listed(names)}"
        + ("; if they are needed, hand them in beside the notebook" if use == "not used" else "")
        for use, names in by_use.items()
        if names
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _declared_elsewhere(
    assignment: Assignment, base: Path, places: Sequence[Path]
) -> tuple[dict[str, Path], list[str]]:
    """The files that the assignment declares and that are not beside the notebook, but elsewhere in
    the hand-in or under a name like theirs.

    Returns (name → the one file that may be meant, what to say).
    """
    found, told = dict[str, Path](), list[str]()
    missing = _lacking(assignment, base)
    if not missing:
        return found, told
    every = {
        path: below(path, place if place == places[0] else place.parent)  # "x.zip/model.…"
        for place in places
        for path in regular_files(place)
    }
    declared = {PurePosixPath(name).name for name in _declared(assignment)}
    others = [path for path in every if path.name not in declared]
    for name in missing:
        wanted = PurePosixPath(name)
        chosen = (
            [place / name for place in places if place / name in every]
            or [path for path in every if path.name == wanted.name]
            or [path for path in others if _is_copy_of(path, wanted)]
        )
        names = _listed([every[path] for path in chosen])
        if len(chosen) == 1:
            found[name] = chosen[0]
            told.append(f"there is no {name} beside the notebook, so {names} was used")
        elif chosen:
            told.append(
                f"there is no {name} beside the notebook, but {names}; hand in the right one "
                "under that name"
            )
    return found, told


def _lacking(assignment: Assignment, base: Path) -> list[str]:
    """The files that the assignment declares and that are not in a folder."""
    return [name for name in _declared(assignment) if not os.path.lexists(base / name)]


def _declared(assignment: Assignment) -> list[str]:
    models = [f"{name}.safetensors" for name in assignment.artifacts]
    return [*models, *assignment.student_files]


def _is_copy_of(path: Path, wanted: PurePosixPath) -> bool:
    """Whether a file's name is another's with more behind it: "best_model (1).safetensors", and not
    "model_1000" for "model_100".
    """
    found, right = (re.sub(r"[\s-]", "_", one.stem).casefold() for one in (path, wanted))
    alike = found.startswith(right) and not found[len(right) :][:1].isalnum()
    endings = [one.lower() for one in path.suffixes[-2:]]  # mail programs add one: ".txt"
    return alike and wanted.suffix.lower() in endings and endings[-1] != ".zip"
