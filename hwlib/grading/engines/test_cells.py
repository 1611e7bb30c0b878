"""One test cell, compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Test"]


@dataclass(frozen=True, slots=True)
class Test:
    """One test cell, ready to run."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    name: str
    points: float
    body: Any  # code object
    last: Any  # code object of the last expression, or None
    filename: str
    hidden: frozenset[int]  # the lines of hidden tests
    wanted: frozenset[str]  # names that the student must define
    waits: str = ""  # what a student reads if it can't be run on this machine
    complaint: str = ""  # what the instructor reads then
    shared: str = ""  # the cell's source where it runs in the student's process
    in_place: bool = False  # the course's own solution passes only if it can change arguments
