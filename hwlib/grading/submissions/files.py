"""Finds submissions on disk. Whatever their files may be, what is in one stops no other."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path

from nbformat import NotebookNode

from hwlib.errors import CourseError, SubmissionError
from hwlib.grading.course import Assignment
from hwlib.grading.submissions.beside import MAX_SEEN
from hwlib.grading.submissions.choosing import (
    Choice,
    bare,
    choose_notebook,
    one_of_several,
    read_zips,
    stem_like,
    with_answers,
)
from hwlib.grading.submissions.gathering import Gathered, Place, gather
from hwlib.grading.submissions.reading import read_notebook, read_submission, read_text
from hwlib.grading.submissions.zips import MAX_NAME
from hwlib.grading.texts import printable

__all__ = [
    "FoundSubmission",
    "find_submissions",
    "misplaced",
    "read_found",
    "submission_in",
]


@dataclass(frozen=True, slots=True)
class FoundSubmission:
    """One folder submitted/STUDENT/SLUG/."""

    student: str
    folder: Path
    notebook: Path | None  # None: no notebook can be graded, and `problems` says why
    timestamp: str | None  # the text of timestamp.txt
    problems: tuple[str, ...] = ()
    text: str | None = None  # text of the notebook, if it was in a zip
    only: frozenset[str] | None = None  # names of the files that student code may see; None: all
    # of an assignment with several notebooks: name of a notebook → what was found for it
    several: Mapping[str, FoundSubmission] = field(default_factory=dict)
    questions: frozenset[str] = frozenset()  # only these are graded; empty: all
    # keeps `folder` on the disk, if its files were gathered from several places
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def texts(self) -> list[Path | str]:
        """The notebooks that were found: their paths, or their texts if they were in a zip."""
        if self.several:
            return [one for found in self.several.values() for one in found.texts]
        if self.text is not None:
            return [self.text]
        return [self.notebook] if self.notebook else []


def find_submissions(
    assignment: Assignment, submitted: Path, students: Sequence[str] = ()
) -> list[FoundSubmission]:
    """Find every submitted/STUDENT/SLUG/, or those of the named students, in order of their ids.

    A student's id is the name of the folder. Where it is the name of a team (course.toml), each of
    its students is found, with that folder. An id has escapes for characters that cannot be
    printed. If two folders would get the same id, or an id would be too long, a number is added. A
    folder that cannot be read is included, with the reason in `problems`. Symbolic links are not
    followed.

    Raises
    ------
    CourseError
        If `submitted` is not a folder, or if one of `students` has no submission there.
    """
    if not submitted.is_dir():
        raise CourseError(
            f"{submitted}: no such folder; name a folder that has the submissions, as "
            f"STUDENT/{assignment.slug}/"
        )
    root = submitted.resolve()
    with os.scandir(root) as entries:
        names = [entry.name for entry in entries if not entry.name.startswith(".")]
    handed_in = [name for name in names if _may_be_folder(root / name / assignment.slug)]
    folders = {
        student: root / name / assignment.slug for student, name in _students(handed_in).items()
    }
    folders, notes = _of_teams(folders, assignment)
    missing = [student for student in students if student not in folders]
    if missing:
        raise CourseError(
            f"{submitted}: there is no submission by {', '.join(map(repr, missing))}; check the "
            f"names of the folders STUDENT/{assignment.slug}/"
        )
    chosen = sorted(set(students) or folders)
    found = [_found(student, folders[student], assignment, root) for student in chosen]
    return [replace(one, problems=(*one.problems, *notes.get(one.student, ()))) for one in found]


def _of_teams(
    folders: Mapping[str, Path], assignment: Assignment
) -> tuple[dict[str, Path], dict[str, tuple[str, ...]]]:
    """Give each student of a team the team's folder.

    Returns (student → folder, student → what to say about it).
    """
    mine, notes = dict(folders), dict[str, tuple[str, ...]]()
    for team, students in assignment.course.teams.get(assignment.slug, {}).items():
        folder = mine.pop(team, None)
        if folder is None:
            continue
        for student in students:
            told = f"handed in by the team {team}: {', '.join(students)}"
            if student in folders and student != team:
                told += f"; the folder {student}/{assignment.slug} was not graded"
            mine[student], notes[student] = folder, (told,)
    return mine, notes


def submission_in(folder: Path, assignment: Assignment, student: str = "") -> FoundSubmission:
    """The submission whose files are directly in a folder, as Gradescope lays them out.

    Whatever is wrong with the folder is in `problems`.
    """
    folder = folder.resolve()
    return _found(student, folder, assignment, folder.parent)


def misplaced(assignment: Assignment, submitted: Path) -> list[str]:
    """A line for each thing in `submitted` that looks like a hand-in of this assignment and lies
    where it is not graded: a notebook or zip outside STUDENT/SLUG/, a folder whose name differs
    from SLUG in capitals or punctuation only, SLUG/ where STUDENT/ should be, or a student's folder
    that is hidden.
    """
    slug, found = assignment.slug, list[str]()
    for entry in _entries(submitted):
        if entry.is_dir(follow_symlinks=False):
            inner = _entries(Path(entry.path))
            if any(one.name == slug for one in inner):
                continue
            found += [f"{entry.name}/{one.name}" for one in inner if _is_like(one, slug)]
        if _is_like(entry, slug):
            found.append(entry.name)
    hidden = [
        f"{submitted / printable(name)} is not graded: its name begins with a dot, so it is "
        "hidden; give it another name and grade again"
        for name in _hidden(submitted)
        if _may_be_folder(submitted / name / slug)
    ]
    place = f"in STUDENT/{slug}/" if assignment.has_several else f"at STUDENT/{slug}/{slug}.ipynb"
    return hidden + [
        f"{submitted / printable(name)} is not graded: expected it {place} in {submitted}; move it "
        "there and grade again"
        for name in found
    ]


def _hidden(folder: Path) -> list[str]:
    """The names in a folder that begin with a dot."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.name.startswith("."))
    return []


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, as far as it can be read, but for hidden things."""
    try:
        with os.scandir(folder) as entries:
            shown = (entry for entry in entries if not entry.name.startswith("."))
            return sorted(islice(shown, MAX_SEEN), key=lambda entry: entry.name)
    except OSError:
        return []


def _is_like(entry: os.DirEntry[str], slug: str) -> bool:
    """Whether this may be a hand-in of an assignment, from its name."""
    stem, dot, ending = entry.name.rpartition(".")
    if entry.is_dir(follow_symlinks=False):
        return bare(entry.name) == bare(slug)
    return dot == "." and ending.lower() in ("ipynb", "zip") and bare(slug) in bare(stem)


def _students(names: Iterable[str]) -> dict[str, str]:
    r"""Give each folder a student's id; returns id → name of the folder.

    >>> _students(["M\udcfcller", "zoe", r"M\xfcller"])
    {'M\\xfcller': 'M\\xfcller', 'zoe': 'zoe', 'M\\xfcller-fbb53510': 'M\udcfcller'}
    """
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (printable(name) != name, name)):
        student = printable(name)
        if student in found or len(student.encode()) > MAX_NAME:
            number = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
            student = f"{student[: MAX_NAME // 4]}-{number}"
        found[student] = name
    return found


def _may_be_folder(path: Path) -> bool:
    """Whether this is a folder. If permissions hide the answer it is True, and reading it fails."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        return False
    except OSError as error:
        return error.errno in (errno.EACCES, errno.EPERM)


def _found(student: str, folder: Path, assignment: Assignment, root: Path) -> FoundSubmission:
    """Read one folder. An error becomes a problem of this submission and stops nothing else."""
    try:
        return _look_into(student, folder, assignment, root)
    # whatever its files may be: what is in them stops no other submission
    except Exception as error:  # noqa: BLE001
        problem = f"{printable(folder.parent.name)}/{assignment.slug}: cannot read this folder"
        found = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        return FoundSubmission(
            student, folder, None, None, (f"{problem} ({found}); hand it in again",)
        )


def _look_into(student: str, folder: Path, assignment: Assignment, root: Path) -> FoundSubmission:
    slug = assignment.slug
    if folder.resolve() != folder:  # the student's folder or the assignment's is a link
        name = printable(str(folder.relative_to(root)))
        problem = (
            f"{name} is a symbolic link, which hwlib does not follow; hand in the files themselves"
        )
        return FoundSubmission(student, folder, None, None, (problem,))
    timestamp, unread = _read_timestamp(folder / "timestamp.txt")
    if assignment.has_several:
        found = _several(student, folder, assignment, timestamp)
        return replace(found, problems=(*found.problems, *unread))
    packed = read_zips(folder)
    choice = choose_notebook(folder, slug, packed)
    choice = with_answers(choice, folder, assignment, lambda stem: bare(slug) in bare(stem), packed)
    gathered = gather({slug: choice}, folder, assignment)
    choice = gathered.choices[slug]
    if choice.notebook is None:  # it has one problem, which says so
        return FoundSubmission(student, folder, None, timestamp, choice.problems)
    problems = (*choice.problems, *gathered.problems, *unread)
    return _found_as(choice, gathered, student, timestamp, problems)


def _found_as(
    choice: Choice,
    gathered: Gathered,
    student: str,
    timestamp: str | None,
    problems: tuple[str, ...],
) -> FoundSubmission:
    return FoundSubmission(
        student,
        gathered.folder,
        choice.notebook,
        timestamp,
        problems,
        choice.text,
        place=gathered.place,
    )


def _means(stem: str, stems: Sequence[str], name: str) -> bool:
    return stem_like(name, stems) == stem


def _means_another(stem: str, stems: Sequence[str], name: str) -> bool:
    return stem_like(name, stems) not in ("", stem)


def _several(
    student: str, folder: Path, assignment: Assignment, timestamp: str | None
) -> FoundSubmission:
    """All notebooks of one hand-in; one that is missing costs its own questions only."""
    chosen, stems, packed = dict[str, Choice](), assignment.stems, read_zips(folder)
    for one in assignment.each_notebook():
        choice = one_of_several(folder, one.stem, stems, packed)
        is_like = partial(_means, one.stem, stems)
        is_another = partial(_means_another, one.stem, stems)
        chosen[one.stem] = with_answers(choice, folder, one, is_like, packed, is_another)
    gathered = gather(chosen, folder, assignment)
    found = {
        stem: _found_as(choice, gathered, student, timestamp, choice.problems)
        for stem, choice in gathered.choices.items()
    }
    first = next((one.notebook for one in found.values() if one.notebook), None)
    told = tuple(problem for one in found.values() for problem in one.problems)
    problems = tuple(dict.fromkeys((*told, *gathered.problems)))
    return FoundSubmission(
        student, gathered.folder, first, timestamp, problems, several=found, place=gathered.place
    )


def _read_timestamp(path: Path) -> tuple[str | None, tuple[str, ...]]:
    """The text of timestamp.txt, and a line if there is one that cannot be read."""
    try:
        return read_text(path, limit=200).strip() or None, ()
    except SubmissionError as error:
        if not os.path.lexists(path):
            return None, ()
        found = str(error).rpartition("; ")[0]
        return None, (f"{found}, so this time was not used; hand it in with a date as text",)


def read_found(found: FoundSubmission, problems: list[str]) -> NotebookNode:
    """Read the notebook of a found submission, like `read_submission`."""
    if found.notebook is None:
        raise SubmissionError("; ".join(found.problems) or "there is no notebook; hand it in")
    if found.text is not None:
        return read_notebook(found.text, found.notebook.name, problems)
    return read_submission(found.notebook, problems)
