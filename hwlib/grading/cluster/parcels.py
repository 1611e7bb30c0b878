"""Files that travel to other machines by the hash of their content, so that each travels once."""

from __future__ import annotations

import hashlib
import tempfile
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from hwlib.errors import GradingError
from hwlib.grading.course import Assignment
from hwlib.grading.submissions.beside import copy_files, regular_files
from hwlib.grading.submissions.files import FoundSubmission
from hwlib.grading.submissions.reading import read_text

__all__ = ["Packed", "Parcel", "Store", "content_hash", "pack_course", "pack_submission"]

MAX_STORED = 1_000_000_000  # bytes that a machine keeps of what has arrived


def content_hash(content: bytes) -> str:
    """SHA-256, as text."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Packed:
    """Files of a folder: their names in it with the hash of each content, and the contents."""

    names: dict[str, str]
    contents: dict[str, bytes]

    @classmethod
    def of(cls, files: Mapping[str, Path]) -> Packed:
        """Read these files: name → where it is."""
        names, contents = dict[str, str](), dict[str, bytes]()
        for name, path in files.items():
            content = path.read_bytes()
            names[name] = content_hash(content)
            contents[names[name]] = content
        return cls(names, contents)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A submission as it travels: everything but the contents of its files."""

    student: str
    notebook: str  # its name
    text: str  # hash of the notebook's text in UTF-8
    files: dict[str, str]  # name → hash of the content
    problems: tuple[str, ...]
    only: frozenset[str] | None
    questions: frozenset[str] = frozenset()  # only these are graded; empty: all

    @property
    def wanted(self) -> set[str]:
        """The hashes of all contents that it needs."""
        return {self.text, *self.files.values()}

    def unpack(self, store: Store, folder: Path) -> FoundSubmission:
        """Write its files to a folder; gives the submission that lies there."""
        store.lay_out(self.files, folder)
        text = store.content(self.text).decode("utf-8", "surrogatepass")
        return FoundSubmission(
            self.student,
            folder,
            folder / self.notebook,
            None,
            self.problems,
            text,
            self.only,
            questions=self.questions,
        )


def pack_submission(found: FoundSubmission) -> tuple[Parcel, dict[str, bytes]]:
    """A submission with a notebook, and the contents of its files.

    Raises
    ------
    SubmissionError
        If the notebook is not a readable text.
    """
    if found.notebook is None:
        raise GradingError(f"{found.student}: there is no notebook that could be sent")
    text = read_text(found.notebook) if found.text is None else found.text
    content = text.encode("utf-8", "surrogatepass")
    with tempfile.TemporaryDirectory(prefix="hw-parcel-") as name:
        folder = Path(name)
        copy_files(found.folder, folder, found.only, notebooks=True)  # within all limits
        packed = Packed.of(
            {str(path.relative_to(folder)): path for path in regular_files(folder, notebooks=True)}
        )
    parcel = Parcel(
        found.student,
        found.notebook.name,
        content_hash(content),
        packed.names,
        found.problems,
        found.only,
        found.questions,
    )
    return parcel, {**packed.contents, parcel.text: content}


def pack_course(assignment: Assignment) -> Packed:
    """What grading reads of a course: settings, the built notebooks and the files beside them, and
    the reference's models.
    """
    root, folder = assignment.course.root, assignment.folder
    below = (assignment.source.parent, assignment.release.parent, folder / "artifacts")
    files = [folder / "assignment.toml"]
    files += [
        path for place in below if place.is_dir() for path in regular_files(place, notebooks=True)
    ]
    packed = Packed.of({str(path.relative_to(root)): path for path in files})
    settings = assignment.course.for_one_assignment().encode()
    found = content_hash(settings)
    return Packed({"course.toml": found, **packed.names}, {found: settings, **packed.contents})


@dataclass(slots=True)
class Store:
    """The contents that have arrived on a machine, in a folder; the oldest go when it is full."""

    folder: Path
    max_bytes: int = MAX_STORED
    _sizes: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def lacks(self, hashes: Iterable[str]) -> list[str]:
        """Those of these that are not here."""
        return sorted(one for one in set(hashes) if one not in self._sizes)

    def add(self, contents: Mapping[str, bytes]) -> None:
        """Keep contents.

        Raises
        ------
        GradingError
            If one is not what its hash says.
        """
        for name, content in contents.items():
            if content_hash(content) != name:
                raise GradingError("a file was damaged on its way to this machine; grade again")
            if name not in self._sizes:
                (self.folder / name).write_bytes(content)
            self._sizes[name] = len(content)
            self._sizes.move_to_end(name)
        while sum(self._sizes.values()) > self.max_bytes and len(self._sizes) > len(contents):
            oldest, _ = self._sizes.popitem(last=False)
            (self.folder / oldest).unlink(missing_ok=True)

    def content(self, name: str) -> bytes:
        """The content with this hash."""
        return (self.folder / name).read_bytes()

    def lay_out(self, files: Mapping[str, str], folder: Path) -> None:
        """Write files to a folder: name → hash of the content."""
        for name, content in files.items():
            parts = PurePosixPath(name).parts
            if not parts or name.startswith("/") or ".." in parts:
                raise GradingError(f"{name!r} leads out of its folder; grade again")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.content(content))
