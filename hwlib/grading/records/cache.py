"""Keeps results between runs, in one small file for each submission.

So an interrupted run continues where it stopped, and a second run grades only what has changed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import hwlib
from hwlib.atomic import write_whole
from hwlib.grading.answer_key import load_key, released_sources
from hwlib.grading.course import Assignment
from hwlib.grading.results import Outcome, ProvedTests, SubmissionResult
from hwlib.grading.submissions.files import FoundSubmission, regular_files

__all__ = ["Kept", "ResultCache", "file_name", "new_seed"]

MAX_HASHED = 300_000_000  # bytes of one file; of a larger one, only size and time are compared


@dataclass(frozen=True, slots=True)
class Kept:
    """A result of an earlier run, its seed, and the values that no two students should share."""

    result: SubmissionResult
    unique: dict[str, str]
    seed: int
    tier: str  # of the isolation that it was graded with
    page: str = ""  # digest of what the feedback page shows
    lacking: tuple[str, ...] = ()  # modules that this machine lacked
    repairs: tuple[str, ...] = ()  # problems that reading and repairing solved
    deaths: tuple[str, ...] = ()  # of processes with student code
    inputs: dict[str, str] = field(default_factory=dict)  # question or part → failing input

    @classmethod
    def of(cls, outcome: Outcome, result: SubmissionResult, seed: int, page: str = "") -> Kept:
        """What is kept of an outcome. `result` has automatic points only."""
        return cls(
            result,
            dict(outcome.unique),
            seed,
            outcome.tier,
            page,
            outcome.lacking,
            outcome.repairs,
            outcome.deaths,
            dict(outcome.inputs),
        )


def new_seed() -> int:
    """Draw a seed of 128 bits, which nobody can guess, for the hidden inputs of one run."""
    return secrets.randbits(128)


class ResultCache:
    """The folder OUTPUT/.hw/SLUG/ENGINE, with a result for each student, all seeds, and whether the
    course's own solution passes.

    Each result is kept with a digest of everything that it depends on: the submission's files; the
    tests, solutions and points; the limits; the assignment's files and models; the sources of
    hwlib; the versions of Python and of what is installed. Prose is not included, so a new comma in
    a text does not cause a regrade. A result with another digest is not used.
    """

    def __init__(self, assignment: Assignment, output: Path, engine: str) -> None:
        self.assignment, self.engine = assignment, engine
        self.folder = output / ".hw" / assignment.slug / engine

    def log_seed(self, seed: int) -> None:
        """Add the seed of a run to the file `seeds`, so that --seed can repeat the run. This makes
        the folder, so it comes first.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "seeds").open("a", encoding="utf-8") as log:
            log.write(f"{seed}\n")

    def proved(self) -> ProvedTests | None:
        """What the course's own solution has shown; None if it did not pass with what results
        depend on now.
        """
        try:
            told = json.loads((self.folder / "reference").read_text("utf-8"))
            if told["of"] != self._of_assignment.hex():
                return None
            return ProvedTests(frozenset(told["in_place"]), frozenset(told["confirmed"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def note_proved(self, proved: ProvedTests) -> None:
        """Keep that it passes; that it fails is never kept, so the next run tries it again."""
        told = {
            "of": self._of_assignment.hex(),
            "in_place": sorted(proved.in_place),
            "confirmed": sorted(proved.confirmed),
        }
        write_whole(self.folder / "reference", json.dumps(told))

    def digest(self, found: FoundSubmission) -> str:
        """Hash everything that a result of this submission depends on."""
        return hashlib.sha256(self._of_assignment + bytes.fromhex(self.hand_in(found))).hexdigest()

    def hand_in(self, found: FoundSubmission) -> str:
        """Hash the files of a submission."""
        digest = hashlib.sha256()
        paths = list[Path]()
        for one in found.texts:
            if isinstance(one, str):
                digest.update(one.encode("utf-8", "surrogatepass"))
            else:
                paths.append(one)
        for path in [*paths, *regular_files(found.folder)]:
            digest.update(str(path.relative_to(found.folder)).encode("utf-8", "surrogateescape"))
            digest.update(b"\0" + _content(path))
        return digest.hexdigest()

    @property
    def tests(self) -> str:
        """Digest of tests, limits and software."""
        return self._of_assignment.hex()

    @cached_property
    def _of_assignment(self) -> bytes:
        parts = b"".join(hashlib.sha256(part).digest() for part in self._parts())
        return hashlib.sha256(parts).digest()

    def _parts(self) -> Iterator[bytes]:
        for one in self.assignment.each_notebook():
            released = released_sources(one)
            for cell in load_key(one).cells:
                if cell.role != "prose":
                    yield repr((cell, released.get(cell.grade_id))).encode()
        yield repr((self.engine, self.assignment.limits, sys.version_info[:3])).encode()
        yield repr(_installed()).encode()
        for root in (self.assignment.source.parent, self.assignment.folder / "artifacts"):
            for path in regular_files(root) if root.is_dir() else ():
                yield str(path.relative_to(root)).encode() + _content(path)
        package = Path(hwlib.__file__).parent
        for path in sorted(package.rglob("*.py")):
            yield path.read_bytes()

    def get(self, student: str, digest: str, seed: int | None = None) -> Kept | None:
        """The kept result with this digest (and this seed, if given), or None.

        The result is marked as cached.
        """
        try:
            values = json.loads(self._path(student).read_text(encoding="utf-8"))
            result = replace(SubmissionResult.from_dict(values["result"]), cached=True)
            kept = Kept(
                result,
                dict(values["unique"]),
                int(values["seed"]),
                str(values["tier"]),
                str(values["page"]),
                lacking=tuple(values["lacking"]),
                repairs=tuple(values["repairs"]),
                deaths=tuple(values["deaths"]),
                inputs=dict(values["inputs"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        same = values["digest"] == digest and seed in (None, kept.seed)
        return kept if same and result.student == student else None

    def put(self, digest: str, kept: Kept) -> None:
        """Keep a result. If the process is killed, either the old or the new one is kept."""
        values = {
            "digest": digest,
            "seed": kept.seed,
            "result": kept.result.to_dict(),
            "unique": kept.unique,
            "tier": kept.tier,
            "page": kept.page,
            "lacking": list(kept.lacking),
            "repairs": list(kept.repairs),
            "deaths": list(kept.deaths),
            "inputs": kept.inputs,
        }
        write_whole(self._path(kept.result.student), json.dumps(values))

    def forget(self, student: str) -> None:
        """Delete a student's kept result.

        Call this before changing the gradebook, so that a kept result never contradicts it.
        """
        self._path(student).unlink(missing_ok=True)

    def _path(self, student: str) -> Path:
        return self.folder / file_name(student, ".json")


def file_name(student: str, ending: str) -> str:
    """A file's name for a student's id: it has at most 255 bytes."""
    if len(student.encode()) <= 200:
        return student + ending
    return hashlib.sha256(student.encode()).hexdigest() + ending


def _content(path: Path) -> bytes:
    """Hash the content of a file, or describe a file that is too large or cannot be read.

    A file that is too large is described by size and time, an unreadable one by the error.
    """
    try:
        status = path.stat()
        if status.st_size <= MAX_HASHED:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").digest()
        return repr((status.st_size, status.st_mtime_ns)).encode()
    except OSError as error:
        return repr(error.errno).encode()


def _installed() -> list[str]:
    """The distributions that student code could import, each with its version as in
    `numpy-2.4.1.dist-info`.

    Reading their metadata would take 500 times as long.
    """
    folders = [Path(entry) for entry in sys.path if Path(entry).is_dir()]
    return sorted({one.name for place in folders for one in place.glob("*.*-info")})
