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
from hwlib.grading.answer_key import KeyCell, load_key, released_sources
from hwlib.grading.cell_names import names_in
from hwlib.grading.course import Assignment
from hwlib.grading.results import Outcome, ProvedTests, SubmissionResult
from hwlib.grading.submissions.beside import regular_files
from hwlib.grading.submissions.files import FoundSubmission

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
    noted: dict[str, tuple[str, ...]] = field(default_factory=dict)  # question → its problems

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
            dict(outcome.noted),
        )


def new_seed() -> int:
    """Draw a seed of 128 bits, which nobody can guess, for the hidden inputs of one run."""
    return secrets.randbits(128)


class ResultCache:
    """The folder OUTPUT/.hw/SLUG/ENGINE, with a result for each student, all seeds, and whether the
    course's own solution passes.

    Each result is kept with digests of everything that it depends on: the submission's files; the
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
            return ProvedTests(
                frozenset(told["in_place"]),
                frozenset(told["confirmed"]),
                frozenset(told["modules"]),
                told["lasting"] is True,
            )
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def note_proved(self, proved: ProvedTests) -> None:
        """Keep that it passes; that it fails is never kept, so the next run tries it again."""
        told = {
            "of": self._of_assignment.hex(),
            "in_place": sorted(proved.in_place),
            "confirmed": sorted(proved.confirmed),
            "modules": sorted(proved.modules),
            "lasting": proved.lasting,
        }
        write_whole(self.folder / "reference", json.dumps(told))

    def digest(self, found: FoundSubmission) -> str:
        """Hash everything that a result of this submission depends on."""
        return self._digest(self.hand_in(found))

    def _digest(self, hand_in: str) -> str:
        return hashlib.sha256(self._of_assignment + bytes.fromhex(hand_in)).hexdigest()

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
        questions = b"".join(bytes.fromhex(one) for _, one in sorted(self._questions.items()))
        return hashlib.sha256(bytes.fromhex(self._common) + questions).digest()

    @cached_property
    def _common(self) -> str:
        """Digest of what all questions depend on."""
        parts = b"".join(hashlib.sha256(part).digest() for part in self._common_parts())
        return hashlib.sha256(parts).hexdigest()

    @cached_property
    def _questions(self) -> dict[str, str]:
        """Question → digest of what it alone depends on: its own cell."""
        found, place = {}, 0
        for one in self.assignment.each_notebook():
            released = released_sources(one)
            for cell in load_key(one).cells:
                if not _is_alone(cell):
                    place += cell.role != "prose"
                    continue
                told = repr((place, cell, released.get(cell.grade_id))).encode()
                found[cell.name] = hashlib.sha256(told).hexdigest()
        return found

    def _common_parts(self) -> Iterator[bytes]:
        for one in self.assignment.each_notebook():
            released = released_sources(one)
            for cell in load_key(one).cells:
                source = released.get(cell.grade_id)
                if cell.role != "prose" and not _is_alone(cell):
                    yield repr((cell, source)).encode()
                # student code runs below the visible half of a test, and may use what that binds
                elif _is_alone(cell) and names_in(source or "").binds:
                    yield repr(source).encode()
        theirs = self.assignment.student_files
        yield repr((self.engine, self.assignment.limits, theirs, sys.version_info[:3])).encode()
        yield repr(_installed()).encode()
        for root in (self.assignment.source.parent, self.assignment.folder / "artifacts"):
            for path in regular_files(root) if root.is_dir() else ():
                yield str(path.relative_to(root)).encode() + _content(path)
        package = Path(hwlib.__file__).parent
        for path in sorted(package.rglob("*.py")):
            yield path.read_bytes()

    def get(
        self, student: str, hand_in: str, seed: int | None = None
    ) -> tuple[Kept, frozenset[str]] | None:
        """The kept result for these files (and this seed, if given), and the questions for which it
        does not hold, because only they have changed. None if the whole has to be graded.

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
                noted={name: tuple(lines) for name, lines in values["noted"].items()},
            )
            before = dict(values["questions"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        same = (values["common"], values["hand_in"]) == (self._common, hand_in)
        if not same or seed not in (None, kept.seed) or result.student != student:
            return None
        now = self._questions
        changed = frozenset(name for name in now if before.get(name) != now[name])
        if not changed and len(before) == len(now):
            return kept, changed
        # each notebook of several is graded as a whole
        return None if self.assignment.has_several or len(changed) == len(now) else (kept, changed)

    def put(self, hand_in: str, kept: Kept) -> None:
        """Keep a result. If the process is killed, either the old or the new one is kept."""
        values = {
            "common": self._common,
            "hand_in": hand_in,
            "questions": self._questions,
            "seed": kept.seed,
            "result": kept.result.to_dict(),
            "unique": kept.unique,
            "tier": kept.tier,
            "page": kept.page,
            "lacking": list(kept.lacking),
            "repairs": list(kept.repairs),
            "deaths": list(kept.deaths),
            "inputs": kept.inputs,
            "noted": kept.noted,
        }
        write_whole(self._path(kept.result.student), json.dumps(values))

    def forget(self, student: str) -> None:
        """Delete a student's kept result.

        Call this before changing the gradebook, so that a kept result never contradicts it.
        """
        self._path(student).unlink(missing_ok=True)

    def _path(self, student: str) -> Path:
        return self.folder / file_name(student, ".json")


def _is_alone(cell: KeyCell) -> bool:
    """Whether nothing but the question itself depends on a cell."""
    return cell.role in ("test", "answer", "task")


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
