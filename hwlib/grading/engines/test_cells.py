"""One test cell, compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hwlib.grading.parts import Part

__all__ = ["Step", "Test"]


@dataclass(frozen=True, slots=True)
class Step:
    """Statements of a test cell: one part, or what stands between parts."""

    code: Any  # code object
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """One test cell, ready to run."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    name: str
    points: float
    steps: tuple[Step, ...]  # its statements, and its parts
    last: Any  # code object of the last expression, or None; not used where it has parts
    filename: str
    hidden: frozenset[int]  # the lines of hidden tests
    wanted: frozenset[str]  # names that the student must define
    felt: frozenset[str]  # names that it assigns, and that the course's own solution reads
    wants_all: bool  # it looks for names that do not stand in it, as with `dir()`
    waits: str = ""  # what a student reads if it can't be run on this machine
    complaint: str = ""  # what the instructor reads then
    shared: str = ""  # the cell's source where it runs in the student's process
    sets: frozenset[tuple[str, str]] = frozenset()  # attributes of modules that it sets
    opens_files: bool = False
    in_place: bool = False  # the course's own solution passes only if it can change arguments
    compared: frozenset[str] = frozenset()  # what it takes from the student and compares
    may_stop: bool = False  # it may need a StopIteration that a student's function raises
    confirmed: bool = False  # whether it is run again, with a worker for each of these names

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its parts, in order."""
        return tuple(step.part for step in self.steps if step.part is not None)
