"""Results kept between runs: one small file a submission, so that an interrupted run resumes and a
regrade costs what changed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import hwlib
from hwlib.atomic import write_whole
from hwlib.grading.course import Assignment
from hwlib.grading.results import SubmissionResult
from hwlib.grading.submissions.files import FoundSubmission

__all__ = ["Kept", "ResultCache"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A result of an earlier run, and what no other submission should have."""

    result: SubmissionResult
    unique: dict[str, str]


class ResultCache:
    """The folder OUTPUT/.hw/SLUG/ENGINE: results by student, each with the key of what it was made
    from.

    The key is a SHA-256 of the submission's files, the source and released notebooks, the limits,
    hwlib's version, the engine and the seed. A result whose key differs is as good as none.
    """

    def __init__(self, assignment: Assignment, output: Path, engine: str) -> None:
        self.assignment, self.engine = assignment, engine
        self.folder = output / ".hw" / assignment.slug / engine
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._of_assignment = b""

    def seed(self, wanted: int | None = None) -> int:
        """The seed of the hidden inputs: `wanted`, else the one of the runs before, else a fresh
        one; kept for the next run.
        """
        path = self.folder / "seed"
        if wanted is None and path.is_file():
            return int(path.read_text())
        seed = secrets.randbits(32) if wanted is None else wanted
        write_whole(path, f"{seed}\n")
        return seed

    def key(self, found: FoundSubmission, seed: int) -> str:
        """What a result of this submission depends on, as one hexadecimal number."""
        if not self._of_assignment:
            parts = [
                path.read_bytes() if path.is_file() else b""
                for path in (self.assignment.source, self.assignment.release)
            ]
            parts.append(repr((hwlib.__version__, self.engine, self.assignment.limits)).encode())
            self._of_assignment = b"".join(hashlib.sha256(part).digest() for part in parts)
        digest = hashlib.sha256(self._of_assignment + str(seed).encode())
        for path in sorted(found.folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                digest.update(
                    str(path.relative_to(found.folder)).encode("utf-8", "surrogateescape") + b"\0"
                )
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def get(self, student: str, key: str) -> Kept | None:
        """The kept result, marked as cached; None if there is none with this key."""
        try:
            kept = json.loads(self._path(student).read_text(encoding="utf-8"))
            if kept["key"] != key:
                return None
            return Kept(
                replace(SubmissionResult.from_dict(kept["result"]), cached=True),
                dict(kept["unique"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, result: SubmissionResult, unique: Mapping[str, str]) -> None:
        """Keep a result; a kill at any moment leaves the old one or the new one, whole."""
        kept = {"key": key, "result": result.to_dict(), "unique": dict(unique)}
        write_whole(self._path(result.student), json.dumps(kept, ensure_ascii=False))

    def forget(self, student: str) -> None:
        """Drop what is kept of a student: before the gradebook is changed, so that what is kept
        never says something else.
        """
        self._path(student).unlink(missing_ok=True)

    def _path(self, student: str) -> Path:
        return self.folder / f"{student}.json"
