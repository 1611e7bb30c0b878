"""Setup cells that hold a file or a database open run once more in each worker.

The workers are forks of the process that ran the setup cells once. An open file would be in another
folder there, and all students would share the place up to which it was read; so a worker does not
have it. It opens its own: that of its folder, as in a notebook.
"""

from __future__ import annotations

import os
import random
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["SetupAgain", "open_files"]


def open_files() -> frozenset[tuple[int, int]]:
    """The regular files that this process holds open, as (number, inode).

    Without those that are mapped into memory, because forks keep such memory. Empty where the
    system does not tell.
    """
    try:
        mapped = {line.split()[4] for line in Path("/proc/self/maps").read_text().splitlines()}
        numbers = [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208  plain names
    except (OSError, ValueError, IndexError):
        return frozenset()
    found = set[tuple[int, int]]()
    for number in numbers:
        try:
            status = os.fstat(number)
        except OSError:  # the one that listed them
            continue
        if stat.S_ISREG(status.st_mode) and str(status.st_ino) not in mapped:
            found.add((number, status.st_ino))
    return frozenset(found)


class SetupAgain:
    """What a worker has to do before it begins: nothing, or the setup cells.

    `begins` and `ended` note what the setup cells do in the process that workers are forked from.
    """

    def __init__(self) -> None:
        self._before = open_files()
        self._numbers = _state_of_generators()
        self._cells: tuple[str, ...] = ()
        self._kept: list[Any] = []  # it would close what others have opened meanwhile

    def begins(self) -> None:
        """The setup cells are about to run."""
        self._before = open_files()
        self._numbers = _state_of_generators()

    def ended(self, cells: Sequence[str]) -> None:
        """The setup cells have run."""
        if open_files() - self._before:
            self._cells = (*self._cells, *cells)

    def run(self, run: Callable[[str], object], names: dict[str, Any], home: Path) -> None:
        """Run them in a worker, if they hold files open.

        Parameters
        ----------
        run : callable
            Runs one cell.
        names : dict
            What the cells have bound before.
        home : Path
            Where the assignment's own modules were imported from: they may hold files, too.
        """
        if not self._cells:
            return
        self._kept.append(dict(names))
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", "")).startswith(f"{home}/"):
                self._kept.append(sys.modules.pop(name))
        _set_generators(*self._numbers)
        for cell in self._cells:
            run(cell)


def _state_of_generators() -> tuple[Any, Any, Any]:
    torch = sys.modules.get("torch")
    numbers = torch.get_rng_state() if torch is not None else None
    return random.getstate(), np.random.get_state(), numbers


def _set_generators(python: Any, numpy: Any, numbers: Any) -> None:
    random.setstate(python)
    np.random.set_state(numpy)
    if numbers is not None:
        sys.modules["torch"].set_rng_state(numbers)
