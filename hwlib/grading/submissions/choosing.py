"""Chooses the notebook of a hand-in: by name, by place, and by where the answers are."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path, PurePosixPath

from nbformat import NotebookNode

from hwlib.errors import SubmissionError
from hwlib.grading.cells import one_line
from hwlib.grading.course import Assignment
from hwlib.grading.submissions.beside import below, files_ending, folders_in
from hwlib.grading.submissions.copies import Copy, Released, only_answered
from hwlib.grading.submissions.kinds import advice_for_name
from hwlib.grading.submissions.reading import (
    CLEAR,
    MAX_BYTES,
    decoded,
    read_bytes,
    read_notebook,
    read_submission,
    takes_much,
)
from hwlib.grading.submissions.zips import DAMAGED_ZIP, check_members, is_shown, zips_in
from hwlib.grading.texts import printable

__all__ = [
    "Choice",
    "Packed",
    "bare",
    "choose_notebook",
    "one_of_several",
    "read_zips",
    "stem_like",
    "with_answers",
]

MAX_UNPACKED = 150_000_000  # bytes of all notebooks in zips
MAX_COMPARED = 20  # other notebooks that are read, to find the one with the answers


@dataclass(frozen=True, slots=True)
class Choice:
    """Which notebook is graded."""

    notebook: Path | None  # None: none can be graded, and `problems` says why
    problems: tuple[str, ...] = ()
    text: str | None = None  # of the notebook, if it was in a zip
    archive: Path | None = None  # that zip
    inner: str = ""  # the notebook's name in it
    more: tuple[str, ...] = ()  # other files in it
    is_final: bool = False  # no other notebook may take its place

    @property
    def name(self) -> str:
        """The name that the student gave it."""
        return _base_name(self.inner) or (self.notebook.name if self.notebook else "")

    @property
    def place(self) -> tuple[Path | None, str]:
        """Where it lies."""
        return self.archive or self.notebook, self.inner

    def shown(self, folder: Path) -> str:
        """What messages call it: its place in the hand-in."""
        if self.archive is not None:
            return f"{printable(self.inner)} from {below(self.archive, folder)}"
        return below(self.notebook, folder) if self.notebook else ""

    def with_first(self, problem: str) -> Choice:
        """The same choice, with one more line to say, first of all."""
        return replace(self, problems=(problem, *self.problems))


def one_of_several(folder: Path, stem: str, stems: Sequence[str], packed: Packed) -> Choice:
    """Like `choose_notebook`, by its name, or by one that is like it, as browsers and copies have
    them: "one (1).ipynb".
    """
    expected = folder / f"{stem}.ipynb"
    if expected.is_symlink():
        return Choice(None, (_is_link(expected),), is_final=True)
    if expected.is_file():
        return Choice(expected)
    places = [_notebooks_in(folder), _notebooks_below(folder), packed.called(expected)]
    for place in places:
        named = [choice for choice in place if choice.name == expected.name]
        if len(named) == 1:
            return named[0]
    for place in places:
        like = [one for one in place if stem_like(PurePosixPath(one.name).stem, stems) == stem]
        names = ", ".join(choice.shown(folder) for choice in like[:5])
        if len(like) == 1:
            return like[0].with_first(f"there is no {expected.name}, so {names} was graded")
        if like:
            problem = f"no {expected.name}, but several names like it: {names}"
            return Choice(None, (f"{problem}; rename the right one",))
    return Choice(None, (f"there is no {expected.name}; hand it in", *packed.damaged))


def _is_link(path: Path) -> str:
    return f"{path.name} is a symbolic link, which hwlib does not follow: hand in the file itself"


def stem_like(name: str, stems: Sequence[str]) -> str:
    """Which notebook of an assignment a name means: the longest of `stems` in it, or "".

    >>> stem_like("One-more (1)", ["one", "one_more", "two"]), stem_like("two", ["one", "two"])
    ('one_more', 'two')
    >>> stem_like("one and two", ["one", "two"])
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


def choose_notebook(folder: Path, slug: str, packed: Packed) -> Choice:
    """Choose the notebook to grade by its name and place."""
    expected = folder / f"{slug}.ipynb"
    if expected.is_symlink():
        return Choice(None, (_is_link(expected),), is_final=True)
    if expected.is_file():
        return Choice(expected)
    missing = f"there is no {expected.name}"
    for place in (_notebooks_in(folder), _notebooks_below(folder), packed.called(expected)):
        named = [one for one in place if one.name.lower() == expected.name.lower()]
        chosen = every = named or place
        if 1 < len(every) <= MAX_COMPARED:
            chosen = [one for one in every if not _is_blank(one)] or every
        names = ", ".join(choice.shown(folder) for choice in chosen[:5])
        if len(chosen) == 1:
            only = "" if named else ", the only notebook,"
            only = only if len(every) == 1 else ", the only notebook that is not empty,"
            return chosen[0].with_first(f"{missing}, so {names}{only} was graded")
        if chosen:
            problem = f"no {expected.name}, but several other notebooks: {names}"
            return Choice(None, (f"{problem}; rename the right one", *packed.damaged))
    if packed.damaged:
        return Choice(None, packed.damaged)
    if packed.without:
        verb = "contains" if len(packed.without) == 1 else "contain"
        told = f"{', '.join(packed.without)} {verb} no notebook; hand in the notebook itself"
        return Choice(None, (told,))
    return Choice(None, (_nothing_found(folder, slug),), is_final=True)


def _is_blank(choice: Choice) -> bool:
    """Whether a notebook has no text at all, as a new one."""
    try:
        if choice.text is None and choice.notebook and not read_bytes(choice.notebook, MAX_BYTES):
            return True
        return not any(cell.source.strip() for cell in _read(choice).cells)
    except SubmissionError:
        return False


def with_answers(
    choice: Choice,
    folder: Path,
    one: Assignment,
    is_like: Callable[[str], bool],
    packed: Packed,
    is_another: Callable[[str], bool] = lambda name: False,
) -> Choice:
    """The same choice, unless that notebook has no answer and another one that lies there has.
    `is_another` knows the names of the assignment's other notebooks.
    """
    if choice.is_final or _is_large(choice):
        return choice
    expected = folder / f"{one.name}.ipynb"
    others = {
        copy: other
        for copy, other in _other_choices(choice, folder, packed.called(expected), is_like).items()
        if not is_another(PurePosixPath(other.name).stem)
    }
    first, released = _as_copy(choice, folder), Released(one.release)
    if not others and not packed.damaged:
        return choice
    best, unsure = only_answered(first, list(others), released)
    if best is None:
        names = ", ".join(copy.name for copy in unsure[:5])
        told = f"there are different answers in {names}"
        told = f"no answer is in {first.name}, and {told}" if first.name else told
        return Choice(None, (f"{told}; rename the right one to {expected.name}",))
    if best is not first:
        why = f"no answer is in {first.name}" if first.name else f"there is no {expected.name}"
        chosen = others[best]
        return chosen.with_first(f"{why}, so {best.name} was graded")
    if packed.damaged and choice.notebook and released.is_known and not released.has_answer(first):
        told = f"no answer is in {first.name}, and {packed.damaged[0]}"
        return Choice(None, (told, *packed.damaged[1:]))
    like = [copy.name for copy in others if not copy.rank or released.differs(first, copy)]
    if choice.notebook == expected and choice.text is None and like:
        left = "is there, too, and was" if len(like) == 1 else "are there, too, and were"
        told = f"{first.name} was graded; {' and '.join(like[:5])} {left} not"
        return replace(choice, problems=(*choice.problems, told))
    return choice


def _other_choices(
    choice: Choice, folder: Path, packed: Sequence[Choice], is_like: Callable[[str], bool]
) -> dict[Copy, Choice]:
    """What else could be graded: beside the chosen notebook, one folder deeper, or in a zip."""
    here, deeper = _notebooks_in(folder), _notebooks_below(folder)
    others = [*[*here, *deeper][: MAX_COMPARED + 1], *packed]
    found = {}
    for other in others:
        if other.place == choice.place:
            continue
        like = is_like(PurePosixPath(other.name).stem)
        rank = 3 if other.archive else 2 if other in deeper else 0 if like else 1
        found[replace(_as_copy(other, folder), is_like=like, rank=rank)] = other
    return found


def _as_copy(choice: Choice, folder: Path) -> Copy:
    return Copy(choice.shown(folder), cache(partial(_read, choice)))


def _is_large(choice: Choice) -> bool:
    """Whether it takes too much memory to compare this notebook with others."""
    if choice.notebook is None or choice.text is not None:
        return takes_much((choice.text or "").encode("utf-8", "replace"))
    try:
        return takes_much(read_bytes(choice.notebook, MAX_BYTES))
    except SubmissionError:
        return False


def _read(choice: Choice) -> NotebookNode:
    """Read a notebook to compare it with others.

    Raises
    ------
    SubmissionError
        If there is none, or it takes too much memory.
    """
    if choice.notebook is None:
        raise SubmissionError("there is no notebook")
    if _is_large(choice):
        raise SubmissionError("too large to be compared")
    if choice.text is not None:
        return read_notebook(choice.text, choice.notebook.name)
    return read_submission(choice.notebook)


def _notebooks_in(folder: Path) -> list[Choice]:
    return [Choice(path) for path in files_ending(folder, ".ipynb")]


def _notebooks_below(folder: Path) -> list[Choice]:
    """The notebooks one folder deeper."""
    return [one for inner in folders_in(folder) for one in _notebooks_in(inner)]


@dataclass(frozen=True, slots=True)
class Packed:
    """The notebooks in the zips of a hand-in."""

    choices: list[Choice]
    damaged: tuple[str, ...]  # why a zip or a notebook in it can't be read
    without: list[str]  # the names of zips with other files only

    def called(self, notebook: Path) -> list[Choice]:
        """The notebooks, each with the name that it gets if it is graded."""
        return [replace(choice, notebook=notebook) for choice in self.choices]


def read_zips(folder: Path) -> Packed:
    """Read the notebooks in the zips of a hand-in, once for all that is chosen from it."""
    found, damaged, without = list[Choice](), list[str](), list[str]()
    left = MAX_UNPACKED
    for path in zips_in(folder):
        shown = below(path, folder)
        try:
            with path.open("rb") as file:
                check_members(file)
            with zipfile.ZipFile(path) as archive:
                members = [one for one in archive.infolist() if is_shown(one)]
                notebooks = [one for one in members if _is_notebook(one)][:MAX_COMPARED]
                for member in notebooks:
                    more = tuple(one.filename for one in members if one is not member)
                    left -= member.file_size
                    if left < 0:
                        damaged.append(f"{shown}: its notebooks are too large; hand in only one")
                        break
                    try:
                        found.append(_unpacked(archive, member, folder, more))
                    except SubmissionError as error:
                        damaged.append(f"{shown}: {error}")
        except DAMAGED_ZIP as error:
            why = "it needs a password" if "encrypted" in str(error) else one_line(str(error), 100)
            damaged.append(f"cannot open {shown} ({why}); hand in the notebook itself")
        else:
            without += [] if notebooks else [shown]
    return Packed(found, tuple(damaged), without)


def _is_notebook(member: zipfile.ZipInfo) -> bool:
    name = _base_name(member.filename)
    return (
        name.lower().endswith(".ipynb") and not name.startswith("~") and "-checkpoint" not in name
    )


def _unpacked(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, more: tuple[str, ...]
) -> Choice:
    """Read one notebook of a zip."""
    inner, problems = printable(member.filename), list[str]()
    if member.file_size > MAX_BYTES:
        raise SubmissionError(f"{inner} is larger than {MAX_BYTES / 1e6:g} MB; {CLEAR}")
    with archive.open(member) as file:
        text = decoded(file.read(MAX_BYTES + 1), inner, problems)
    return Choice(
        folder / inner, tuple(problems), text, Path(str(archive.filename)), member.filename, more
    )


def _base_name(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


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


def bare(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())
