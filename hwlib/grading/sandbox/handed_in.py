"""Let a module that was handed in win over a library of the same name, as in a notebook.

In a notebook, `import scipy` finds scipy.py in the working directory before the library. A worker
begins with libraries that were imported ahead, to be quick: it must forget those.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["forget_shadowed"]

# the worker itself asks whether these are loaded, to send their values
NEEDED = frozenset({"torch", "pandas"})


def forget_shadowed(
    folder: Path, home: Path, kept: Iterable[str], given: Mapping[str, Any]
) -> None:
    """Forget imported libraries that have the name of a handed-in file or package.

    Parameters
    ----------
    folder : Path
        Where the files that were handed in are.
    home : Path
        Where the assignment's own modules are, which stay.
    kept : iterable of str
        Names of modules that hwlib itself and Jupyter have loaded. A notebook has them, too.
    given : mapping
        The names that setup cells have bound. What they come from was imported before the student's
        cells, in a notebook as well.
    """
    used = {_library(value) for value in given.values()}
    for name in sorted(_importable(folder) - set(kept) - NEEDED - used - sys.stdlib_module_names):
        loaded = sys.modules.get(name)
        if loaded is None or str(getattr(loaded, "__file__", "")).startswith(f"{home}/"):
            continue
        for one in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
            del sys.modules[one]


def _importable(folder: Path) -> set[str]:
    """The names of the modules and packages in a folder."""
    try:
        entries = list(folder.iterdir())
    except OSError:
        return set()
    modules = {one.stem for one in entries if one.suffix == ".py"}
    return modules | {one.name for one in entries if one.is_dir()}


def _library(value: object) -> str:
    """The library that a value comes from; "" where it does not say so."""
    is_module = isinstance(value, type(sys))
    found = getattr(value, "__name__" if is_module else "__module__", None)
    return found.partition(".")[0] if isinstance(found, str) else ""
