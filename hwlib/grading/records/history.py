"""Keeps every result that a submission ever had: a file for each student, a line for each result.

The last line is the current one. Reports and exports read it, together with the gradebook. Lines
are only ever added, so what was said to a student can be found again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from hwlib.grading.records.cache import file_name
from hwlib.grading.results import SubmissionResult

__all__ = ["Entry", "History", "now"]

READ_AT_ONCE = 65_536  # bytes of a file's end, in which its last line is looked for first


@dataclass(frozen=True, slots=True)
class Entry:
    """One result of one submission, as the engine gave it, and where it came from."""

    result: SubmissionResult  # automatic points only
    score: float  # with what humans had given by then, and the late penalty
    graded_at: str  # UTC, as in 2027-02-01T12:00:00+00:00
    engine: str
    tier: str = "T0"
    seed: int = 0
    hand_in: str = ""  # digest of the files
    tests: str = ""  # digest of tests, limits and software
    lacking: tuple[str, ...] = ()  # modules that the student imports and this machine lacks
    repairs: tuple[str, ...] = ()  # problems that reading and repairing solved
    deaths: tuple[str, ...] = ()  # of processes with student code
    unique: dict[str, str] = field(default_factory=dict)  # what no two students should share

    def to_line(self) -> str:
        """As one line of JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(values | {"result": self.result.to_dict()}) + "\n"

    @classmethod
    def from_line(cls, line: str | bytes) -> Entry:
        """Read what `to_line` wrote."""
        values: dict[str, Any] = json.loads(line)
        result = SubmissionResult.from_dict(values["result"])
        lists = {name: tuple(values[name]) for name in ("lacking", "repairs", "deaths")}
        return cls(**{**values, **lists, "result": result})

    def says_the_same(self, other: Entry) -> bool:
        """Whether nothing but time and seed is new."""
        return self._told() == other._told()

    def _told(self) -> tuple[object, ...]:
        questions = tuple(
            (one.id, one.points, one.max_points, one.status, one.message, one.hint, one.parts)
            for one in self.result.questions
        )
        mine = (self.score, self.engine, self.tier, self.hand_in, self.tests)
        return (
            *mine,
            self.unique,
            self.lacking,
            self.deaths,
            self.result.status,
            self.result.problems,
            questions,
        )


def now() -> str:
    """The time, as entries have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class History:
    """The folder OUTPUT/.hw/SLUG/history."""

    def __init__(self, output: Path, slug: str) -> None:
        self.folder = output / ".hw" / slug / "history"

    def add(self, entry: Entry) -> None:
        """Add an entry, unless the last one says the same."""
        student = entry.result.student
        before = self.last(student)
        if before is not None and before.says_the_same(entry):
            return
        path = self._path(student)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("ab+") as file:
            if file.tell() and file.seek(-1, 2) >= 0 and file.read(1) != b"\n":
                file.write(b"\n")  # below what a killed run has left half written
            file.write(entry.to_line().encode())
        self._known.add(path.name)

    def knows(self, student: str) -> bool:
        """Whether there is an entry of this student."""
        return self._path(student).name in self._known

    @cached_property
    def _known(self) -> set[str]:
        return {path.name for path in self.folder.glob("*.jsonl")}

    def last(self, student: str) -> Entry | None:
        """The newest entry of a student; None if there is none."""
        return _last(self._path(student), student)

    def of(self, student: str) -> list[Entry]:
        """All entries of a student, the oldest first."""
        try:
            lines = self._path(student).read_bytes().splitlines()
        except OSError:
            return []
        return [*_readable(lines)]

    def _path(self, student: str) -> Path:
        return self.folder / file_name(student, ".jsonl")


def _last(path: Path, student: str) -> Entry | None:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - READ_AT_ONCE))
            end = file.read()
            lines = end.splitlines()
            if len(end) < size and len(lines) < 3:  # the last line is longer than that
                file.seek(0)
                lines = file.read().splitlines()
    except OSError:
        return None
    found = (one for one in _readable(reversed(lines)) if one.result.student == student)
    return next(found, None)


def _readable(lines: Iterable[bytes]) -> Iterator[Entry]:
    """The entries of lines; one that a killed run has left half written is no entry."""
    for line in lines:
        try:
            yield Entry.from_line(line)
        except (ValueError, KeyError, TypeError):
            continue
