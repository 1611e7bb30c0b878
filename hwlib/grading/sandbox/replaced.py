"""Make the worker's surroundings those of the test: attributes of modules that it has replaced,
variables of the environment, files that it has written, settings of libraries.
"""

from __future__ import annotations

import contextlib
import decimal
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from hwlib.atomic import remove_folder
from hwlib.grading.sandbox.changes import SIMPLE
from hwlib.grading.sandbox.variables import environment

__all__ = ["Replaced", "library_settings", "settings_of_test", "write_files"]

_NOTHING = object()
_PRINTED = ("precision", "threshold", "edgeitems", "linewidth", "suppress", "sign", "floatmode")


class Replaced:
    """What is replaced at present: `_swapped` has what to put back."""

    __slots__ = ("_swapped",)

    def __init__(self) -> None:
        self._swapped: list[tuple[Any, str, Any]] = []  # module, name, what is not there now

    @contextlib.contextmanager
    def by(self, told: list[list[Any]], environ: dict[str, str | None]) -> Iterator[None]:
        """Replace these attributes (module, name, value) and variables of the environment."""
        with self.original(), environment(**environ):
            self._swapped = [(import_module(home), name, value) for home, name, value in told]
            self._swap()
            try:
                yield
            finally:
                self._swap()
                self._swapped = []

    @contextlib.contextmanager
    def original(self) -> Iterator[None]:
        """Everything as it is without the test, for what is not the student's code."""
        outer = self._swapped
        self._swap()
        self._swapped = []
        try:
            yield
        finally:
            self._swapped = outer
            self._swap()

    def _swap(self) -> None:
        """What is there now for what is not, and the other way round."""
        for place, (module, name, value) in enumerate(self._swapped):
            self._swapped[place] = module, name, vars(module).get(name, _NOTHING)
            if value is _NOTHING:
                vars(module).pop(name, None)
            else:
                setattr(module, name, value)


def write_files(told: Iterable[list[Any]]) -> None:
    """Make the changes to files that the test has made: name, and bytes, True for a folder, or None
    for what is not there any more.
    """
    for name, content in told:
        path = Path(name)
        with contextlib.suppress(OSError):  # student code has put something else there
            if content is None:
                remove_folder(path) if path.is_dir() else path.unlink()
            elif content is True:
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


def library_settings() -> dict[str, Any]:
    """What a test may set for all code of its process: how NumPy treats overflow and prints, the
    precision of decimal numbers, how deep calls may go, options of pandas, PyTorch's type of new
    numbers.
    """
    numbers, printed = decimal.getcontext(), dict(np.get_printoptions())
    found: dict[str, Any] = {
        "errors": np.geterr(),
        "printed": {name: printed[name] for name in _PRINTED},
        "decimal": [numbers.prec, numbers.rounding],
        "depth": sys.getrecursionlimit(),
    }
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        found["pandas"] = pandas_options(pandas)
    torch = sys.modules.get("torch")
    if torch is not None:
        found["torch"] = str(torch.get_default_dtype()).rpartition(".")[2]
    return found


def pandas_options(pandas: Any) -> dict[str, Any]:
    """The options of pandas that are plain values, by their whole names."""
    found: dict[str, Any] = {}
    todo: list[tuple[str, dict[str, Any]]] = [("", getattr(pandas.options, "d", {}))]
    while todo:
        before, group = todo.pop()
        for name, value in group.items():
            if type(value) is dict:
                todo.append((f"{before}{name}.", value))
            elif type(value) in SIMPLE:
                found[before + name] = value
    return found


@contextlib.contextmanager
def settings_of_test(told: dict[str, Any]) -> Iterator[None]:
    """Have these of `library_settings` while student code works for the test."""
    with contextlib.ExitStack() as stack:
        if "errors" in told:
            stack.enter_context(np.errstate(**told["errors"]))
        if "printed" in told:
            stack.enter_context(np.printoptions(**told["printed"]))
        if "decimal" in told:
            prec, rounding = told["decimal"]
            stack.enter_context(decimal.localcontext(prec=prec, rounding=rounding))
        if "depth" in told:
            stack.callback(sys.setrecursionlimit, sys.getrecursionlimit())
            with contextlib.suppress(RecursionError):  # a limit that is passed already
                sys.setrecursionlimit(told["depth"])
        pandas = sys.modules.get("pandas")
        if "pandas" in told and pandas is not None:
            known = pandas_options(pandas)
            changed = [(k, v) for k, v in told["pandas"].items() if k in known and v != known[k]]
            if changed:
                stack.enter_context(pandas.option_context(*chain.from_iterable(changed)))
        torch = sys.modules.get("torch")
        if "torch" in told and torch is not None:
            stack.callback(torch.set_default_dtype, torch.get_default_dtype())
            torch.set_default_dtype(getattr(torch, told["torch"]))
        yield
