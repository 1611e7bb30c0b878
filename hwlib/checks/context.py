"""The settings that checks run with, and the notes that they make for the instructor.

    with checks.context(seed=7, folder=handed_in) as noted:
        ...                                              # test cells
    noted.remarks, noted.unique, noted.network

A notebook does not need this module. There, a check draws fresh numbers, looks for models in the
working directory, and prints its notes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hwlib.models import looking_in

if TYPE_CHECKING:
    from hwlib.checks.inputs import unchanged

__all__ = ["Context", "Measured", "Noted", "context", "current"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What the grader has measured of a network that was handed in."""

    accuracy: float  # share of the test images, from 0 to 1
    parameters: int  # numbers that are learned


@dataclass(slots=True)
class Noted:
    """Notes of a test that cost no points but that a human should look at."""

    remarks: list[str] = field(default_factory=list)
    unique: dict[str, str] = field(default_factory=dict)  # what no two students share → its value
    network: Measured | None = None  # by `check.accuracy`


@dataclass(slots=True)
class Context:
    """The settings of the checks that run now."""

    seed: int | None = None  # None: fresh numbers, or those of the variable HWLIB_SEED
    noted: Noted = field(default_factory=Noted)
    draws: Counter[str] = field(default_factory=Counter)  # calls of `rng` in each cell
    watchers: list[unchanged] = field(default_factory=list)  # open `with check.unchanged(…)` blocks
    # CPU time of another process that runs the student's code
    worker_cpu_seconds: Callable[[], float] = lambda: 0.0
    # runs of cells in which `due` took a mistake
    excused: set[tuple[object, ...]] = field(default_factory=set)
    exact: bool = False  # accuracies are measured on all images, even where fewer decide

    @property
    def seed_in_force(self) -> int | None:
        """The seed given, else that of the environment, which kernels of nbgrader inherit."""
        if self.seed is not None:
            return self.seed
        return int(os.environ["HWLIB_SEED"]) if os.environ.get("HWLIB_SEED") else None


_of_notebook = Context()
_current: ContextVar[Context] = ContextVar("hwlib.checks.context")


def current() -> Context:
    """The innermost open context, or the one of this process if none is open."""
    return _current.get(_of_notebook)


@contextmanager
def context(
    seed: int | None = None, folder: Path | None = None, *, exact: bool | None = None
) -> Iterator[Noted]:
    """Set the seed and the folder of models for the checks in a block.

    Parameters
    ----------
    seed : int, optional
        Makes the numbers of `check.rng` the same in each run.
    folder : Path, optional
        Folder with the models that were handed in. `load_model` looks only there.
    exact : bool, optional
        Whether an accuracy is measured on all images, even if fewer are enough to decide. The
        default is that of the context around this one.
    """
    entered = Context(seed, exact=current().exact if exact is None else exact)
    token = _current.set(entered)
    try:
        with looking_in(folder):
            yield entered.noted
    finally:
        _current.reset(token)
