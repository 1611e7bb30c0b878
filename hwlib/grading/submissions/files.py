"""Finds submissions on disk, and reads their notebooks so that no content can harm the grader."""

from __future__ import annotations

import atexit
import codecs
import contextlib
import errno
import hashlib
import json
import lzma
import os
import re
import shutil
import stat
import struct
import warnings
import weakref
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import cache, partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any

import nbformat
from nbformat import NotebookNode

from hwlib.atomic import remove_folder
from hwlib.errors import CourseError, SubmissionError
from hwlib.grading.cells import joined_source, one_line, readable, tree_of
from hwlib.grading.course import Assignment
from hwlib.grading.kernels import kernel_of
from hwlib.grading.sandbox.folders import RunFolder
from hwlib.grading.submissions.copies import Copy, Released, only_answered
from hwlib.grading.submissions.kinds import advice_for_name, what_it_is
from hwlib.grading.texts import for_terminal

__all__ = [
    "DAMAGED_ZIP",
    "FoundSubmission",
    "check_members",
    "copy_files",
    "find_submissions",
    "misplaced",
    "printable",
    "read_bytes",
    "read_found",
    "read_notebook",
    "read_submission",
    "read_text",
    "regular_files",
    "require_readable",
    "submission_in",
    "whole_cell",
    "without_surrogates",
]

MAX_BYTES = 50_000_000  # a notebook with many figures has a few megabytes
MAX_DEPTH = 100  # the deepest output of honest code (a plot as JSON) has about 30 levels
MAX_CELLS = 10_000
MAX_FILES = 200  # files next to the notebook that are kept
MAX_FILE_BYTES = 100_000_000  # nbgrader's own default
MAX_TOTAL_BYTES = 300_000_000
MAX_FOLDERS = 8  # levels of nested folders
MAX_SEEN = 20_000  # entries of folders that are read
MAX_MEMBERS = 100_000  # entries of a zip
MAX_NAME = 255  # bytes of a folder's name, on every common file system
MAX_COMPARED = 20  # other notebooks that are read, to find the one with the answers
MAX_LISTED = 20  # files that were left out and are named in a problem
# the patterns that nbgrader ignores, and hidden files
IGNORED = (".*", "*.pyc", "__pycache__", "feedback")
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
# what the zipfile module raises for a damaged zip, by way of all that it unpacks with
DAMAGED_ZIP = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    MemoryError,  # a header of lzma may ask for any size
)
_ENTRY = b"PK\x01\x02"  # the begin of an entry in the list at the end of a zip
MAX_AT_ONCE = 1_000_000  # values of a notebook that is read where memory has no limit
SAVE_AGAIN = (
    "open it in Jupyter, save it and hand it in again; if Jupyter can't open it, hand in an "
    "earlier copy (Jupyter keeps one in .ipynb_checkpoints)"
)
CELL_TYPES = ("code", "markdown", "raw", "heading")  # format 3 had "heading"
LOOK_THERE = (
    "if something of yours is missing, put it back in Jupyter and hand the notebook in again"
)
CLEAR = "clear the outputs and hand it in again"
_OUTPUT_FIELDS: dict[str, dict[str, type]] = {
    "stream": {"name": str, "text": str},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict},
}


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which notebook is graded."""

    notebook: Path | None  # None: none can be graded, and `problems` says why
    problems: tuple[str, ...] = ()
    text: str | None = None  # of the notebook, if it was in a zip
    archive: Path | None = None  # that zip
    inner: str = ""  # the notebook's name in it
    more: tuple[str, ...] = ()  # other files in it
    is_final: bool = False  # no other notebook may take its place

    def shown(self, folder: Path) -> str:
        """What messages call it: its place in the hand-in."""
        if self.archive is not None:
            return f"{printable(self.inner)} from {printable(self.archive.name)}"
        return _below(self.notebook, folder) if self.notebook else ""


class _Place:
    """A folder with files of one hand-in, removed when nothing in this process needs it."""

    def __init__(self) -> None:
        self.path = _run_folder(os.getpid()).new("hand-in-", 0o700)
        weakref.finalize(self, _remove_as, os.getpid(), self.path)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """In another process it is no more than a name."""
        return str, (str(self.path),)


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
    place: _Place | None = field(default=None, compare=False, repr=False)

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
        return _bare(entry.name) == _bare(slug)
    return dot == "." and ending.lower() in ("ipynb", "zip") and _bare(slug) in _bare(stem)


def _bare(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


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


def printable(name: str) -> str:
    r"""Make the name of a file printable, so that it can be shown and stored anywhere.

    Bytes that are not UTF-8, control characters and marks of writing direction become escapes.

    >>> printable("M\udcfcller"), printable("a\x1b[2Jb"), printable("Zoë")
    ('M\\xfcller', 'a\\x1b[2Jb', 'Zoë')
    """
    return "".join(
        char
        if char.isprintable()
        else f"\\x{ord(char) - 0xDC00:02x}"
        if 0xDC80 <= ord(char) <= 0xDCFF
        else char.encode("unicode_escape").decode()
        for char in name
    )


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
    choice = _choose_notebook(folder, slug)
    choice = _with_answers(choice, folder, assignment, lambda stem: _bare(slug) in _bare(stem))
    gathered = _gather({slug: choice}, folder, assignment)
    choice = gathered.choices[slug]
    if choice.notebook is None:  # it has one problem, which says so
        return FoundSubmission(student, folder, None, timestamp, choice.problems)
    problems = (*choice.problems, *gathered.problems, *unread)
    return _found_as(choice, gathered, student, timestamp, problems)


def _found_as(
    choice: _Choice,
    gathered: _Gathered,
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


def _several(
    student: str, folder: Path, assignment: Assignment, timestamp: str | None
) -> FoundSubmission:
    """All notebooks of one hand-in; one that is missing costs its own questions only."""
    chosen, stems = dict[str, _Choice](), assignment.stems
    for one in assignment.each_notebook():
        choice, is_like = _one_of_several(folder, one.stem, stems), partial(_means, one.stem, stems)
        chosen[one.stem] = _with_answers(choice, folder, one, is_like)
    gathered = _gather(chosen, folder, assignment)
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


def _one_of_several(folder: Path, stem: str, stems: Sequence[str]) -> _Choice:
    """Like `_choose_notebook`, by its name, or by one that is like it, as browsers and copies have
    them: "one (1).ipynb".
    """
    expected = folder / f"{stem}.ipynb"
    if expected.is_symlink():
        return _Choice(None, (_is_link(expected),), is_final=True)
    if expected.is_file():
        return _Choice(expected)
    deeper = _notebooks_below(folder)
    below = [path for path in deeper if path.name == expected.name]
    if len(below) == 1:
        return _Choice(below[0])
    zipped = _notebook_in_zip(folder, stem, by_name=True)
    if zipped is not None and zipped.notebook is not None:
        return replace(zipped, problems=zipped.problems[1:])  # its name is the right one
    for place in (_notebooks_in(folder), deeper):
        like = [path for path in place if _means(stem, stems, path.stem)]
        names = ", ".join(printable(str(path.relative_to(folder))) for path in like[:5])
        if len(like) == 1:
            return _Choice(like[0], (f"there is no {expected.name}, so {names} was graded",))
        if like:
            problem = f"no {expected.name}, but several names like it: {names}"
            return _Choice(None, (f"{problem}; rename the right one",))
    why = zipped.problems if zipped is not None else ()
    return _Choice(None, (f"there is no {expected.name}; hand it in", *why))


def _means(stem: str, stems: Sequence[str], name: str) -> bool:
    return _stem_like(name, stems) == stem


def _is_link(path: Path) -> str:
    return f"{path.name} is a symbolic link, which hwlib does not follow: hand in the file itself"


def _stem_like(name: str, stems: Sequence[str]) -> str:
    """Which notebook of an assignment a name means: the longest of `stems` in it, or "".

    >>> _stem_like("One-more (1)", ["one", "one_more", "two"]), _stem_like("two", ["one", "two"])
    ('one_more', 'two')
    >>> _stem_like("one and two", ["one", "two"])
    ''
    """
    if name in stems:
        return name
    plain = {stem: re.sub(r"[\W_]", "", stem).casefold() for stem in stems}
    text = re.sub(r"[\W_]", "", name).casefold()
    found = [stem for stem in stems if plain[stem] in text]
    longest = max((len(plain[stem]) for stem in found), default=0)
    best = [stem for stem in found if len(plain[stem]) == longest]
    return best[0] if len(best) == 1 and longest else ""


def _choose_notebook(folder: Path, slug: str) -> _Choice:
    """Choose the notebook to grade by its name and place."""
    expected = folder / f"{slug}.ipynb"
    if expected.is_symlink():
        return _Choice(None, (_is_link(expected),), is_final=True)
    if expected.is_file():
        return _Choice(expected)
    here = _notebooks_in(folder)
    for place in (here, [] if here else _notebooks_below(folder)):
        named = [path for path in place if path.name.lower() == expected.name.lower()]
        every = named or place
        chosen = every
        if 1 < len(every) <= MAX_COMPARED:
            chosen = [path for path in every if not _is_blank(path)] or every
        names = ", ".join(printable(str(path.relative_to(folder))) for path in chosen[:5])
        if len(chosen) == 1:
            only = "the only notebook" + ("" if len(every) == 1 else " that is not empty")
            problem = f"there is no {expected.name}, so {names}, {only}, was graded"
            return _Choice(chosen[0], (problem,))
        if chosen:
            problem = f"no {expected.name}, but several other notebooks: {names}"
            return _Choice(None, (f"{problem}; rename the right one",))
    zipped = _notebook_in_zip(folder, slug)
    return zipped or _Choice(None, (_nothing_found(folder, slug),), is_final=True)


def _is_blank(path: Path) -> bool:
    """Whether a notebook has no text at all, as a new one."""
    try:
        if not (content := read_bytes(path, MAX_BYTES)):
            return True
        if _takes_much(content):
            return False
        return not any(cell.source.strip() for cell in read_submission(path).cells)
    except SubmissionError:
        return False


def _with_answers(
    choice: _Choice, folder: Path, one: Assignment, is_like: Callable[[str], bool]
) -> _Choice:
    """The same choice, unless that notebook has no answer and another one that lies there has."""
    others = {} if choice.is_final else _other_choices(choice, folder, one, is_like)
    if not others or _is_large(choice):
        return choice
    first, released = _as_copy(choice, folder), Released(one.release)
    best, unsure = only_answered(first, list(others), released)
    if best is None:
        names = ", ".join(copy.name for copy in unsure[:5])
        told = f"there are different answers in {names}"
        told = f"no answer is in {first.name}, and {told}" if first.name else told
        return _Choice(None, (f"{told}; rename the right one to {one.name}.ipynb",))
    if best is not first:
        why = f"no answer is in {first.name}" if first.name else f"there is no {one.name}.ipynb"
        chosen = others[best]
        more = chosen.problems[1:] if chosen.archive else ()
        return replace(chosen, problems=(f"{why}, so {best.name} was graded", *more))
    like = [copy.name for copy in others if not copy.rank or released.differs(first, copy)]
    if choice.notebook == folder / f"{one.name}.ipynb" and choice.text is None and like:
        left = "is there, too, and was" if len(like) == 1 else "are there, too, and were"
        told = f"{first.name} was graded; {' and '.join(like[:5])} {left} not"
        return replace(choice, problems=(*choice.problems, told))
    return choice


def _other_choices(
    choice: _Choice, folder: Path, one: Assignment, is_like: Callable[[str], bool]
) -> dict[Copy, _Choice]:
    """What else could be graded: beside the chosen notebook, one folder deeper, or in a zip."""
    here = [_Choice(path) for path in _notebooks_in(folder)]
    deeper = [_Choice(path) for path in _notebooks_below(folder)]
    zipped = None
    if choice.archive is None:
        zipped = _notebook_in_zip(folder, one.name, by_name=bool(one.stem))
    others = [other for other in [*here, *deeper] if other.notebook != choice.notebook]
    others = [*others[:MAX_COMPARED], *([zipped] if zipped and zipped.notebook else [])]
    found = {}
    for other in others:
        name = other.inner or (other.notebook.name if other.notebook else "")
        like = is_like(PurePosixPath(name).stem)
        rank = 3 if other is zipped else 2 if other in deeper else 0 if like else 1
        found[replace(_as_copy(other, folder), is_like=like, rank=rank)] = other
    return found


def _is_large(choice: _Choice) -> bool:
    """Whether it takes too much memory to compare this notebook with others."""
    if choice.notebook is None or choice.text is not None:
        return _takes_much((choice.text or "").encode("utf-8", "replace"))
    try:
        return _takes_much(read_bytes(choice.notebook, MAX_BYTES))
    except SubmissionError:
        return False


def _as_copy(choice: _Choice, folder: Path) -> Copy:
    @cache
    def read() -> NotebookNode:
        if choice.notebook is None:
            raise SubmissionError("there is no notebook")
        if _is_large(choice):
            raise SubmissionError("too large to be compared")
        if choice.text is not None:
            return read_notebook(choice.text, choice.notebook.name)
        return read_submission(choice.notebook)

    return Copy(choice.shown(folder), read)


def _notebooks_in(folder: Path) -> list[Path]:
    """The notebooks in a folder, without files that editors and file systems leave there."""
    with os.scandir(folder) as entries:
        return sorted(
            Path(entry.path)
            for entry in entries
            if entry.name.lower().endswith(".ipynb")
            and not entry.name.startswith((".", "~"))
            and "-checkpoint" not in entry.name
            and entry.is_file(follow_symlinks=False)
        )


def _notebooks_below(folder: Path) -> list[Path]:
    """The notebooks one folder deeper."""
    found: list[Path] = []
    with os.scandir(folder) as entries:
        inner = sorted(
            entry.path
            for entry in entries
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith((".", "__"))
        )
    for path in inner[:20]:
        with contextlib.suppress(OSError):
            found += _notebooks_in(Path(path))
    return found


def check_members(archive: IO[bytes]) -> None:
    """Refuse a student's zip with so many entries that only to list them takes seconds and
    gigabytes. Reads the file to its end.

    Raises
    ------
    BadZipFile
    """
    count, end = 0, b""
    while piece := archive.read(1 << 20):
        piece = end + piece
        count, end = count + piece.count(_ENTRY), piece[-len(_ENTRY) + 1 :]
        if count > MAX_MEMBERS:
            raise zipfile.BadZipFile(f"it has more than {MAX_MEMBERS:,} entries")


def _notebook_in_zip(folder: Path, slug: str, *, by_name: bool = False) -> _Choice | None:
    """The only notebook in the only zip that was handed in; None if there is no zip. Of several
    notebooks it is the one that is called SLUG.ipynb.

    With `by_name`, no other one.
    """
    archives = _only_zip(folder)
    if not archives:
        return None
    path = archives[0]
    name = printable(path.name)
    try:
        with path.open("rb") as file:
            check_members(file)
        with zipfile.ZipFile(path) as archive:
            every = [one for one in archive.infolist() if _is_shown(one)]
            members = [one for one in every if one.filename.lower().endswith(".ipynb")]
            named = [one for one in members if _base_name(one) == f"{slug}.ipynb"]
            members = named or ([] if by_name else members)
            if (problem := _no_notebook(members, name)) is not None:
                return _Choice(None, (problem,))
            with archive.open(members[0]) as file:
                content = file.read(MAX_BYTES + 1)
            more = [one.filename for one in every if one is not members[0]]
    except DAMAGED_ZIP as error:
        found = "it needs a password" if "encrypted" in str(error) else one_line(str(error), 100)
        return _Choice(None, (f"cannot open {name} ({found}); hand in the notebook itself",))
    inner = printable(members[0].filename)
    problems = [f"there is no {slug}.ipynb, so {inner} from {name} was graded"]
    try:
        text = _decoded(content, inner, problems)
    except SubmissionError as error:
        return _Choice(None, (str(error),))
    return _Choice(
        folder / f"{slug}.ipynb", tuple(problems), text, path, members[0].filename, tuple(more)
    )


def _only_zip(folder: Path) -> list[Path]:
    """The only zip in a folder, or nothing."""
    archives = [path for path in folder.glob("*.[zZ][iI][pP]") if path.is_file()]
    return archives if len(archives) == 1 else []


def _is_shown(member: zipfile.ZipInfo) -> bool:
    """Whether this is a file that a student may have packed, and no system has."""
    parts = member.filename.replace("\\", "/").split("/")
    hidden = (part.startswith((".", "__")) for part in parts if part not in (".", ".."))
    return not member.is_dir() and not any(hidden)


def _base_name(member: zipfile.ZipInfo) -> str:
    return member.filename.replace("\\", "/").rpartition("/")[2]


def _no_notebook(members: list[zipfile.ZipInfo], name: str) -> str | None:
    """Why none of these notebooks of a zip is graded; None if it is the only one."""
    if len(members) > 1:
        return f"{name} contains {len(members)} notebooks; hand in only one"
    if not members:
        return f"{name} contains no notebook; hand in the notebook itself"
    if members[0].file_size > MAX_BYTES:
        inner = printable(members[0].filename)
        return f"{inner} in {name} is larger than {MAX_BYTES / 1e6:g} MB; {CLEAR}"
    return None


def _nothing_found(folder: Path, slug: str) -> str:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    shown = [entry for entry in found if entry.name[0] != "."]
    hidden = [entry for entry in found if re.fullmatch(r"\.[^_].*\.ipynb", entry.name, re.DOTALL)]
    near = [*(entry for entry in shown if ".ipynb" in entry.name), *hidden]
    files = [printable(entry.name) for entry in near if entry.is_file(follow_symlinks=False)]
    if files:
        return f"no {slug}.ipynb, but {files[0]}: {advice_for_name(files[0], f'{slug}.ipynb')}"
    if near:
        is_folder = near[0].is_dir(follow_symlinks=False)
        kind = "a folder without a notebook" if is_folder else "a link or a special file"
        return f"{printable(near[0].name)} is {kind}; hand in the notebook itself"
    names = [printable(entry.name) for entry in shown]
    listed = f"; found {', '.join(names[:5])}" if names else ""
    return f"there is no {slug}.ipynb and no other notebook{listed}; hand in the notebook"


# ---- gathering what lies in several places ----


@dataclass(frozen=True, slots=True)
class _Gathered:
    """The one folder in which student code finds its files."""

    folder: Path
    choices: Mapping[str, _Choice]  # name of a notebook → which one is graded
    problems: tuple[str, ...] = ()
    place: _Place | None = None  # if it was made for this


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


def _gather(choices: Mapping[str, _Choice], folder: Path, assignment: Assignment) -> _Gathered:
    """Find the files that belong to the chosen notebooks: those beside them, those that the
    assignment declares and that lie elsewhere, and those in a zip. If they are not in one folder,
    copies of them are made in a new one.
    """
    found = [choice for choice in choices.values() if choice.notebook is not None]
    packed = {choice.archive: choice for choice in found if choice.archive}
    theirs = [one.notebook.parent for one in found if one.notebook and not one.archive]
    beside, extra = list(dict.fromkeys(theirs)), list[Path]()
    base = beside[0] if len(beside) == 1 and not packed else folder
    if not found:
        return _Gathered(folder, choices)
    if len(beside) <= 1 and not any(choice.more for choice in packed.values()):
        elsewhere, told = _declared_elsewhere(assignment, base, [folder])
        if not packed and len(_lacking(assignment, base)) > len(elsewhere):
            extra = _only_zip(folder)
        if not elsewhere and not extra:
            return _Gathered(base, choices, tuple(told))
    place, problems = _Place(), list[str]()
    target, unpacked = place.path / "files", place.path / "zip"
    target.mkdir()
    moved = {stem: _moved(choice, stem, target) for stem, choice in choices.items()}
    for archive in [*packed, *extra]:
        problems += _unpack(archive, unpacked / archive.name)
    for source in [*beside, *([folder] if packed or len(beside) > 1 else [])]:
        problems += _add_files(source, target)
    for archive, choice in packed.items():
        inner = PurePosixPath(*_safe_parts(choice.inner)[:-1])
        problems += _add_files(unpacked / archive.name / inner, target)
    places = [folder, *(unpacked / archive.name for archive in [*packed, *extra])]
    elsewhere, told = _declared_elsewhere(assignment, target, places)
    if extra and not elsewhere:
        return _Gathered(base, choices, (*problems, *told))
    for name, path in elsewhere.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        _copy_bounded(path, target / name, MAX_FILE_BYTES)
    graded = {choice.inner for choice in found}
    for choice in packed.values():
        problems += _told_of_zip(choice, target, elsewhere.values(), graded)
    return _Gathered(target, moved, tuple(dict.fromkeys((*told, *problems))), place)


def _moved(choice: _Choice, stem: str, target: Path) -> _Choice:
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


def _safe_parts(name: str) -> tuple[str, ...]:
    """The folders and the name of a zip's member, in a form that is possible on a disk; empty if
    it leads out of its folder.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0].startswith("/") or ".." in parts or "\0" in name:
        return ()
    if any(len(os.fsencode(printable(part))) > MAX_NAME for part in parts):
        return ()
    return tuple(map(printable, parts))


def _unpack(path: Path, target: Path) -> list[str]:
    """Unpack the regular files of a student's zip, within the limits for files beside a notebook.

    Returns a line for each file that was left out.
    """
    problems, count, total = list[str](), 0, 0
    target.mkdir(parents=True)
    try:
        with path.open("rb") as file:
            check_members(file)
        with zipfile.ZipFile(path) as archive:
            for member in filter(_is_shown, archive.infolist()):
                parts = _safe_parts(member.filename)
                kind = stat.S_IFMT(member.external_attr >> 16)
                size = member.file_size
                if len(problems) > MAX_LISTED:
                    break
                if not 0 < len(parts) <= MAX_FOLDERS or kind not in (0, stat.S_IFREG):
                    why = "it leads out of its folder, is nested too deeply or is no regular file"
                elif count >= MAX_FILES or size > MAX_FILE_BYTES or total + size > MAX_TOTAL_BYTES:
                    why = "too many files, or too large"
                else:
                    count, total = count + 1, total + size
                    why = _unpack_one(archive, member, target.joinpath(*parts))
                if why:
                    shown = printable(member.filename)[:100]
                    problems.append(f"{shown} in {printable(path.name)} was left out: {why}")
    except DAMAGED_ZIP as error:
        told = one_line(str(error), 100)
        problems.append(f"files in {printable(path.name)} were left out ({told})")
    return problems


def _unpack_one(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> str:
    """Unpack one file; returns why that is not possible, or ""."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as file, target.open("xb") as copy:
            shutil.copyfileobj(file, copy)  # no more than the size that the zip tells
    except DAMAGED_ZIP as error:
        return one_line(str(error), 100).replace(str(target), target.name)
    return ""


def _told_of_zip(
    choice: _Choice, target: Path, taken: Collection[Path], graded: Collection[str]
) -> list[str]:
    """What became of the other files in a zip."""
    if choice.archive is None:
        return []
    folder = _safe_parts(choice.inner)[:-1]
    by_use: dict[str, list[str]] = {"used, too": [], "not used": [], "not graded": []}
    for member in choice.more:
        parts = _safe_parts(member)
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
        path: _below(path, place if place == places[0] else place.parent)  # "x.zip/model.…"
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
    return alike and path.suffix.lower() == wanted.suffix.lower()


# ---- files beside a notebook ----


def copy_files(
    source: Path,
    target: Path,
    only: frozenset[str] | None = None,
    *,
    notebooks: bool = False,
    shown: bool = False,
    keep: Collection[str] = (),
) -> list[str]:
    """Copy the files next to a notebook: regular files within limits of number, depth and size.

    Parameters
    ----------
    source, target : Path
    only : frozenset of str, optional
        Names of the files directly in `source` that may be copied. The default is all.
    notebooks : bool
        Copy notebooks, too. Never for a folder with solutions or tests in its notebooks.
    shown : bool
        Whether humans will look into `target`. Files whose names hold codes for a terminal are then
        left out.
    keep : collection of str
        Files that stay as they are where `target` has them.

    Returns
    -------
    list of str
        A line of text for each file that was left out.
    """
    problems: list[str] = []
    count, total = 0, 0
    for path in regular_files(source, problems, notebooks=notebooks):
        name = path.relative_to(source)
        if only is not None and str(name) not in only:
            continue
        if name.as_posix() in keep and (target / name).is_file():
            continue
        if shown and for_terminal(str(name)) != str(name):
            problems.append(f"{printable(str(name))} was left out: rename it without control codes")
            if len(problems) > MAX_LISTED:
                break
            continue
        try:
            size = path.stat().st_size
            if count >= MAX_FILES or size > MAX_FILE_BYTES or total + size > MAX_TOTAL_BYTES:
                problems.append(
                    f"{printable(str(name))} ({size / 1e6:.1f} MB) was left out: at most "
                    f"{MAX_FILES} files, {MAX_FILE_BYTES / 1e6:.0f} MB for each and "
                    f"{MAX_TOTAL_BYTES / 1e6:.0f} MB in all are kept"
                )
                if len(problems) > MAX_LISTED:
                    break
                continue
            count, total = count + 1, total + size
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name, follow_symlinks=False)
        except OSError as error:
            problems.append(f"{printable(str(name))} was left out: {error.strerror}")
    return problems[: MAX_LISTED + 1]


def regular_files(
    folder: Path, problems: list[str] | None = None, *, notebooks: bool = False
) -> Iterator[Path]:
    """The files in a folder and its subfolders that may belong to a submission.

    Links, hidden files and files in deeply nested folders are left out, and so are notebooks unless
    they are asked for. A line for each entry that looks wrong is added to `problems`.
    """
    ignored = IGNORED if notebooks else (*IGNORED, "*.ipynb")
    said: list[str] = [] if problems is None else problems
    todo = deque([(folder, 0)])
    seen = 0
    while todo and seen < MAX_SEEN:
        place, depth = todo.popleft()
        try:
            with os.scandir(place) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            if place != folder:  # for the folder itself, reading the notebook gives the error
                said.append(f"{_below(place, folder)} was left out: {error.strerror}")
            continue
        for entry in entries:
            seen += 1
            if any(fnmatch(entry.name, pattern) for pattern in ignored):
                continue
            if entry.is_dir(follow_symlinks=False) and depth < MAX_FOLDERS:
                todo.append((Path(entry.path), depth + 1))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)
            elif len(said) <= MAX_LISTED:
                said.append(
                    f"{_below(Path(entry.path), folder)} was left out: it is a link, a special "
                    "file or a folder that is nested too deeply"
                )


def _below(path: Path, folder: Path) -> str:
    return printable(str(path.relative_to(folder)))


# ---- reading ----


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


def read_text(path: Path, *, limit: int = MAX_BYTES) -> str:
    """Read a regular file of at most `limit` bytes of UTF-8, like `read_bytes`."""
    content = read_bytes(path, limit)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal(path.name, f"not UTF-8 text (byte {error.start})", SAVE_AGAIN) from error


def read_bytes(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; no link is followed, whoever makes one when.

    Raises
    ------
    SubmissionError
        If it is anything else, such as a link, a pipe or a device.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _refusal(
            path.name, f"cannot open it ({error.strerror})", "hand in the file itself"
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _refusal(path.name, "not a regular file", "hand in the file itself")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        size = f"{limit / 1e6:g} MB" if limit >= 1e6 else f"{limit} bytes"
        raise _refusal(path.name, f"larger than {size}", CLEAR)
    return content


def read_submission(path: Path, problems: list[str] | None = None) -> NotebookNode:
    """Read a student's notebook as version 4.5, with limits on size and depth.

    Every cell gets an id and all its fields. Metadata, ids, outputs and execution counts that an
    editor lost or damaged are filled in or removed. Sources do not change.

    Parameters
    ----------
    path : Path
    problems : list of str, optional
        A line is added for each cell that was damaged or left out.

    Raises
    ------
    SubmissionError
        If it is not a notebook. One line says what was found and what to do.
    """
    told = [] if problems is None else problems
    return read_notebook(_decoded(read_bytes(path, MAX_BYTES), path.name, told), path.name, told)


def require_readable(content: bytes, name: str) -> None:
    """Refuse at once what is plainly no notebook; whatever takes much memory to read is let pass.

    Raises
    ------
    SubmissionError
        With what was found and what to do.
    """
    if len(content) > MAX_BYTES or _takes_much(content):
        return
    problems: list[str] = []
    read_notebook(_decoded(content, name, problems), name, problems)


def _takes_much(content: bytes) -> bool:
    """Whether a notebook has so many values that it takes much memory to read it."""
    return sum(map(content.count, (b",", b"[", b"{"))) > MAX_AT_ONCE


def _decoded(content: bytes, name: str, problems: list[str]) -> str:
    """The text of a notebook. An odd byte costs itself, and a line in `problems`.

    Raises
    ------
    SubmissionError
        If it is no text in any encoding that editors write.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", "replace")
        if text.lstrip().startswith("{"):
            problems.append(f"{name} was read as UTF-16, not as UTF-8")
            return text
    if content.endswith(b"\0") and content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        whole = content.rstrip(b"\0")
        zeros = len(content) - len(whole)
        content = whole
        problems.append(
            f"{name} ends with {zeros:,} zero bytes, as after an upload that was interrupted; they "
            "were left out"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"not UTF-8 text (byte {error.start})"
        if b"\0" in content or not content.lstrip().startswith(b"{"):
            raise _no_notebook_in(content, name, where) from error
    problems.append(f"{name}: {where}; what can't be read there was replaced")
    return content.decode("utf-8", "replace")


def read_notebook(text: str, name: str, problems: list[str] | None = None) -> NotebookNode:
    """Read a notebook from a text, like `read_submission`; errors call it `name`."""
    values, told = _parse(text, name), [] if problems is None else problems
    if not isinstance(values, dict) or not {"cells", "worksheets"} & set(values):
        raise _refusal(
            name,
            "JSON, but not a notebook (it has no cells)",
            "hand in the .ipynb that Jupyter saves",
        )
    if "cells" not in values:
        values = _upgrade(values, name)
    elif values.get("nbformat") != 4:
        told.append(f"{name}: expected notebook format 4, found {values.get('nbformat')!r:.20}")
    cells = list(_numbered(values["cells"]))
    if not isinstance(values["cells"], list):
        raise _refusal(name, "its cells are not a notebook's", SAVE_AGAIN)
    if len(cells) > MAX_CELLS:
        found = f"expected at most {MAX_CELLS:,} cells, found {len(cells):,}"
        raise _refusal(name, found, "delete those that are not needed and hand it in again")
    whole = _whole_cells(cells, told)
    if cells and not whole:
        raise _refusal(name, "its cells are not a notebook's", SAVE_AGAIN)
    _add_ids(whole)
    metadata = _dict(values.get("metadata"))
    if not (kernel := kernel_of(metadata)).is_python:
        told.append(
            f"{name} was saved with a kernel for {one_line(kernel.language, 40)}; it is graded as "
            "Python. Choose a Python kernel, run the notebook, and save it"
        )
    notebook: NotebookNode = nbformat.from_dict(
        {"cells": whole, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )
    return notebook


def _refusal(name: str, found: str, advice: str) -> SubmissionError:
    return SubmissionError(f"{name}: {found}; {advice}")


def _no_notebook_in(content: bytes | str, name: str, found: str) -> SubmissionError:
    """The refusal of a file that can't be read, with what it is instead, where that is known."""
    kind, advice = what_it_is(content)
    return _refusal(name, f"{found}: this {kind}" if kind else found, advice or SAVE_AGAIN)


def _parse(text: str, name: str) -> Any:
    if not text.strip():
        raise _refusal(name, "an empty file", "hand in the notebook again")
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        ends = error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg
        cut = ends and text.lstrip().startswith("{")
        found = "cut off before its end (truncated)" if cut else "not a notebook (not JSON)"
        raise _no_notebook_in(text, name, f"{found}, line {error.lineno}") from error
    except (RecursionError, ValueError) as error:
        raise _refusal(
            name, "nested too deeply, or it contains a number that is far too long", SAVE_AGAIN
        ) from error
    if _depth_exceeds(values, MAX_DEPTH):
        raise _refusal(name, f"nested more than {MAX_DEPTH} levels deep", CLEAR)
    return without_surrogates(values) if "\\ud" in text.lower() else values


def _depth_exceeds(values: Any, limit: int) -> bool:
    level: list[Any] = [values]
    for _ in range(limit):
        level = [
            child
            for value in level
            if isinstance(value, (dict, list))
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def without_surrogates(value: Any) -> Any:
    """Make every text in a JSON value `readable`."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    return value


def _upgrade(values: dict[str, Any], name: str) -> dict[str, Any]:
    """Convert an old notebook to format 4; formats 2 and 3 kept their cells in worksheets."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about missing ids, which are added below
            upgraded: dict[str, Any] = nbformat.convert(
                nbformat.reader.reads(json.dumps(values)), 4
            )
    except Exception as error:  # the converter trusts its input, so it may raise anything
        found = f"an old notebook (format {values.get('nbformat')!r:.20}) that cannot be converted"
        raise _refusal(name, found, SAVE_AGAIN) from error
    return upgraded


def _numbered(cells: Any) -> Iterator[tuple[int, Any]]:
    """Each cell with its number, also those in a list that stands in the place of a cell."""
    for number, cell in enumerate(cells if isinstance(cells, list) else [], 1):
        inside = [one for _, one in _numbered(cell)] or [cell]
        yield from ((number, one) for one in inside)


def _whole_cells(cells: list[tuple[int, Any]], problems: list[str]) -> list[dict[str, Any]]:
    """The cells that can be read. A damaged cell does no harm to others and adds to `problems`."""
    whole = []
    odd: dict[str, list[int]] = {}
    for number, cell in cells:
        if not _is_cell(cell):
            said = f"can't be read and was left out; {LOOK_THERE}"
            odd.setdefault(said, []).append(number)
            continue
        source = _readable_source(cell.get("source"))
        if "source" not in cell or source != joined_source(cell["source"]):
            said = f"has a damaged text, of which the readable part was kept; {LOOK_THERE}"
            odd.setdefault(said, []).append(number)
        cell_type = cell.get("cell_type")
        if cell_type not in CELL_TYPES:
            cell_type = "code" if "outputs" in cell or tree_of(source) is not None else "markdown"
            said = f"has no type that Jupyter knows and was read as a {cell_type} cell"
            odd.setdefault(said, []).append(number)
        whole.append(whole_cell({**cell, "cell_type": cell_type, "source": source}))
    problems += [_said_of_cells([*dict.fromkeys(each)], said) for said, each in odd.items()]
    return whole


def _said_of_cells(numbers: list[int], said: str) -> str:
    """One line for all cells of which the same is said.

    >>> _said_of_cells([3], "has no type")
    'cell 3 has no type'
    >>> _said_of_cells([3, 5], "has no type")
    'each of the cells 3, 5 has no type'
    """
    if len(numbers) == 1:
        return f"cell {numbers[0]} {said}"
    more = f" and {len(numbers) - MAX_LISTED} more" if len(numbers) > MAX_LISTED else ""
    return f"each of the cells {', '.join(map(str, numbers[:MAX_LISTED]))}{more} {said}"


def _is_cell(cell: object) -> bool:
    if not isinstance(cell, dict) or not {"cell_type", "source"} & set(cell):
        return False
    return isinstance(cell.get("source", ""), str | list | None)


def _readable_source(value: object) -> str:
    """The text of a cell, from a value of any type."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def whole_cell(cell: dict[str, Any]) -> dict[str, Any]:
    """Make a cell valid for nbformat 4.5: add missing fields and remove invalid outputs."""
    cell_type = cell["cell_type"]
    whole = {
        "cell_type": cell_type if cell_type in ("code", "markdown", "raw") else "markdown",
        "id": cell.get("id"),
        "metadata": _dict(cell.get("metadata")),
        "source": joined_source(cell.get("source", "")) or "",
    }
    if cell_type == "code":
        outputs = cell.get("outputs")
        whole["execution_count"] = _count(cell.get("execution_count"))
        whole_outputs = map(_whole_output, outputs if isinstance(outputs, list) else [])
        whole["outputs"] = [output for output in whole_outputs if output]
    elif isinstance(cell.get("attachments"), dict):
        whole["attachments"] = cell["attachments"]
    return whole


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _whole_output(output: Any) -> dict[str, Any] | None:
    output_type = _dict(output).get("output_type")
    if not isinstance(output_type, str) or output_type not in _OUTPUT_FIELDS:
        return None
    whole: dict[str, Any] = {"output_type": output_type}
    for name, expected in _OUTPUT_FIELDS[output_type].items():
        value = output.get(name, expected())
        whole[name] = joined_source(value) if expected is str else value
        if not isinstance(whole[name], expected):
            return None
    if output_type == "error" and not all(isinstance(line, str) for line in whole["traceback"]):
        return None
    if "data" in whole:
        texts = {
            mime: value if "json" in mime else joined_source(value)
            for mime, value in whole["data"].items()
        }
        whole["data"] = {mime: value for mime, value in texts.items() if value is not None}
    if output_type == "execute_result":
        whole["execution_count"] = _count(output.get("execution_count"))
    return whole


def _add_ids(cells: Iterable[dict[str, Any]]) -> None:
    """Give each cell a valid id of its own.

    A valid id is kept. Other ids are made from place and text, so they are the same each time.
    """
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        given = cell["id"]
        if not isinstance(given, str) or not CELL_ID.fullmatch(given) or given in seen:
            cell["id"] = hashlib.sha256(f"{index}\0{cell['source']}".encode()).hexdigest()[:12]
        seen.add(cell["id"])
