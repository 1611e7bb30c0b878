"""A folder in which others put hand-ins: STUDENT-SLUG.zip, STUDENT-SLUG.ipynb.

DIR/ada-knn.zip                        taken once it no longer grows, and moved
DIR/taken/                             what was taken
DIR/refused/ada-knn.zip and .txt       what was not, and why
DIR/feedback/ada/knn/NUMBER.html       the feedback pages
"""

from __future__ import annotations

import errno
import secrets
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hwlib.atomic import write_whole
from hwlib.errors import HwlibError, SubmissionError
from hwlib.grading.course import Course
from hwlib.grading.outlets.exports import unpack_hand_in
from hwlib.grading.outlets.roster import folder_name
from hwlib.grading.service.inbox import HandIn, Inbox, QuotaUsed, only_as_zip, require_a_notebook
from hwlib.grading.submissions.reading import read_bytes
from hwlib.grading.texts import printable

__all__ = ["DropFolder"]

ENDINGS = (".zip", ".ipynb")
# so long after its last change a file is refused if it can't be read: an upload over a slow network
# may pause, and what it has brought until then is no notebook
STILL_S = 60.0


class _NeverTaken(SubmissionError):
    """What a file's name says already, so that waiting for the rest of it can't help."""


@dataclass(slots=True)
class DropFolder:
    """The folder. `look` takes what is there; call it every few seconds.

    Parameters
    ----------
    folder : Path
    course : Course
    inbox : Inbox
    max_bytes : int
        Of one file.
    say : callable
        Gets a line for each file that is refused.
    """

    folder: Path
    course: Course
    inbox: Inbox
    max_bytes: int
    say: Callable[[str], None]
    _sizes: dict[str, tuple[int, int]] = field(default_factory=dict)  # name → size and time
    _open: dict[str, HandIn] = field(default_factory=dict)  # number → what has no page yet
    _told: set[str] = field(default_factory=set)  # complaints, each said once

    def __post_init__(self) -> None:
        for name in ("", "taken", "refused", "feedback"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def look(self) -> None:
        """Take the files that have not changed since the last look; write new feedback pages.

        What can't be read waits until it has not changed for `STILL_S` seconds. What the disk does
        not allow is said once, and tried again with each look.
        """
        try:
            found = sorted(self.folder.iterdir())
        except OSError as error:
            self._complain(self.folder, error)
            return
        sizes = {}
        for path in found:
            if path.name.startswith(".") or path.suffix.lower() not in ENDINGS:
                continue
            try:
                status = path.lstat()
            except OSError:  # whoever put it there has taken it away
                continue
            if not stat.S_ISREG(status.st_mode):
                continue  # a link could lead to any file of this machine
            sizes[path.name] = status.st_size, status.st_mtime_ns
            if self._sizes.get(path.name) == sizes[path.name]:
                try:
                    self._take(path)
                except OSError as error:
                    self._complain(path, error)
        self._sizes = sizes
        self._give_back()

    def _take(self, path: Path) -> None:
        try:
            one = self._read(path)
        except QuotaUsed:
            return  # it waits here
        except (HwlibError, OSError) as error:
            still = time.time() - path.lstat().st_mtime >= STILL_S
            if not still and not isinstance(error, _NeverTaken):
                return
            target = _free(self._own("refused") / path.name)
            path.rename(target)
            self.say(f"{printable(path.name)}: not taken: {error}")
            # a name may be as long as the disk allows, without room for an ending
            write_whole(target.with_name(f"{target.name[:60]}.txt"), f"{error}\n")
            return
        self._open[one.number] = one
        path.rename(_free(self._own("taken") / path.name))

    def _read(self, path: Path) -> HandIn:
        student, slug = self._named(path.stem)
        content, assignment = read_bytes(path, self.max_bytes), self.course.assignment(slug)
        if path.suffix.lower() == ".ipynb":
            if why := only_as_zip(assignment):
                raise _NeverTaken(why)
            files, problems = {f"{slug}.ipynb": content}, list[str]()
        else:
            unpacked = unpack_hand_in(content, printable(path.name))
            files, problems = unpacked.files, unpacked.problems
            if not any(name.endswith(".ipynb") for name in files):
                why = f" ({'; '.join(problems[:3])})" if problems else ""
                raise SubmissionError(f"there is no notebook in this zip{why}; put it there")
        require_a_notebook(assignment, files)
        return self.inbox.add(student, slug, files, tuple(problems))

    def _named(self, stem: str) -> tuple[str, str]:
        """Student and assignment, from the name of a file."""
        for slug in sorted(self.course.slugs(), key=len, reverse=True):
            student, dash, rest = stem.rpartition(f"-{slug}")
            if dash and not rest and student and folder_name(student) == student:
                if not self.course.assignment(slug).is_built:
                    raise SubmissionError(f"{slug} is not built; run `hw build {slug}`")
                return student, slug
        raise _NeverTaken("its name does not tell who and what; name it STUDENT-SLUG.zip")

    def _give_back(self) -> None:
        for number, one in list(self._open.items()):
            now = self.inbox.find(number, one.student)
            page = None if now is None else self.inbox.page(now)
            try:
                if page is not None:
                    place = self._own("feedback", one.student, one.slug)
                    write_whole(place / f"{number}.html", page)
            except OSError as error:
                self._complain(Path(one.student), error)
                continue
            if now is None or now.state in ("done", "failed"):
                del self._open[number]

    def _own(self, *names: str) -> Path:
        """A folder in this one; none that a link leads to, wherever that may be.

        Raises
        ------
        OSError
        """
        place = self.folder.resolve().joinpath(*names)
        if place.resolve() != place:
            raise OSError(errno.ELOOP, "there is a symbolic link on the way")
        place.mkdir(parents=True, exist_ok=True)
        return place

    def _complain(self, path: Path, error: OSError) -> None:
        line = f"{printable(path.name)}: {error.strerror or error}; it will be tried again"
        if line not in self._told:
            self._told.add(line)
            self.say(line)


def _free(path: Path) -> Path:
    """This path, or a new one beside it where there is something."""
    if not path.exists():
        return path
    return path.with_name(f"{path.stem[:50]}-{secrets.token_hex(4)}{path.suffix}")
