"""Pass on what a test replaces in modules that student code uses, too: `math.pi = 3`,
`mock.patch("random.randint")`, `os.environ["HOME"] = …`.

In a notebook the student's code sees such a change. Here the worker has modules of its own, so each
request says what is replaced at present, and the worker replaces it while it works on the request.
"""

from __future__ import annotations

import ast
import functools
import os
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np

__all__ = ["Patches", "attributes_set"]

MAX_PATCHED = 100

_PATCHED: list[tuple[Any, str]] = []
"""The module and name of each `mock.patch` that is in force."""

_NOTHING = object()
# the first two have a way of their own, `open` gives objects that stay with the test
_NEVER = frozenset((("builtins", "input"), ("builtins", "__import__"), ("builtins", "open")))
_PLAIN: tuple[type, ...] = (
    type(None),
    int,
    float,
    complex,
    str,
    bytes,
    list,
    tuple,
    dict,
    set,
    frozenset,
)
_PLAIN += (np.ndarray, np.generic)


def attributes_set(test: ast.AST) -> frozenset[tuple[str, str]]:
    """The attributes that a test sets or deletes: `("math", "pi")` for `math.pi = 3`.

    What stands before the last dot is the name of a module, if the test imports it.
    """
    imported: dict[str, str] = {}
    found = set()
    for node in ast.walk(test):
        if isinstance(node, ast.Import):
            imported |= {one.asname: one.name for one in node.names if one.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            found.add((_dotted(node.value), node.attr))
    return frozenset((_with_root(home, imported), name) for home, name in found if home)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    before = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{before}.{node.attr}" if before and isinstance(node, ast.Attribute) else ""


def _with_root(home: str, imported: dict[str, str]) -> str:
    root, dot, rest = home.partition(".")
    return f"{imported.get(root, root)}{dot}{rest}"


class Patches:
    """What one run of a test has replaced."""

    __slots__ = ("_before", "_environ")

    def __init__(self) -> None:
        _note_patches()
        self._before: dict[tuple[ModuleType, str], Any] = {}  # what was there when the run began
        self._environ = _stored().copy()

    def begin(self, namespace: dict[str, Any], attributes: Iterable[tuple[str, str]]) -> None:
        """A run of a test begins.

        Parameters
        ----------
        namespace : dict
            The names that setup cells have bound.
        attributes : iterable of tuple of str
            What `attributes_set` has found in the test.
        """
        self._environ = _stored().copy()
        places = [(_module(home, namespace), name) for home, name in attributes]
        self._before = {
            (module, name): vars(module).get(name, _NOTHING)
            for module, name in places
            if module is not None
        }

    def end(self) -> None:
        """The run has ended: what it replaced is as before, because other submissions come next."""
        mock.patch.stopall()
        _PATCHED.clear()
        for (module, name), value in self._before.items():
            _set(module, name, value)
        self._before = {}
        if _stored() != self._environ:
            os.environ.clear()
            os.environb.update(self._environ)

    def news(self) -> dict[str, Any]:
        """What is replaced now: fields of a request."""
        found: dict[str, Any] = {}
        if _PATCHED or self._before:
            places = [place for place, value in self._before.items() if _now(*place) is not value]
            patched = [
                [module.__name__, name, _now(module, name)]
                for module, name in dict.fromkeys([*_PATCHED, *places])
                if _may_cross(module, name)
            ]
            if patched:
                found["patched"] = patched[:MAX_PATCHED]
        now = _stored()
        if now != self._environ:
            changed = [one for one in now | self._environ if now.get(one) != self._environ.get(one)]
            names = sorted(map(os.fsdecode, changed))
            found["environ"] = {name: os.environ.get(name) for name in names}
        return found


def _stored() -> dict[bytes, bytes]:
    """The variables as they are stored: they are compared with each request, and `os.environ`
    would decode them all.
    """
    stored: dict[bytes, bytes] = os.environ._data  # type: ignore[attr-defined]
    return stored


def _now(module: ModuleType, name: str) -> Any:
    return vars(module).get(name, _NOTHING)


def _set(module: ModuleType, name: str, value: Any) -> None:
    if value is not _NOTHING:
        setattr(module, name, value)
    elif name in vars(module):
        delattr(module, name)


def _module(home: str, namespace: dict[str, Any]) -> ModuleType | None:
    """The module that a test calls so."""
    root, _, rest = home.partition(".")
    given = namespace.get(root)
    if type(given) is ModuleType:
        home = ".".join(filter(None, (given.__name__, rest)))
    if home.startswith(("hwlib.grading", "__main__")):
        return None
    with suppress(ImportError):
        found = import_module(home)
        return found if type(found) is ModuleType else None
    return None


def _may_cross(module: ModuleType, name: str) -> bool:
    home = module.__name__
    if (home, name) in _NEVER or home.startswith("hwlib.grading") or name.startswith("__"):
        return False
    if home in ("sys", "__main__") and name != "argv":
        return False
    value = _now(module, name)
    return value is not _NOTHING and (callable(value) or isinstance(value, _PLAIN))


def _note_patches() -> None:
    """From now on note each `mock.patch` of an attribute of a module."""
    patch: Any = getattr(mock, "_patch", None)
    if patch is None or hasattr(patch.__enter__, "__hwlib_noted__"):
        return
    enter, leave = patch.__enter__, patch.__exit__

    @functools.wraps(enter)
    def entering(self: Any) -> Any:
        value = enter(self)
        if type(self.target) is ModuleType:
            _PATCHED.append((self.target, self.attribute))
        return value

    @functools.wraps(leave)
    def leaving(self: Any, *error: Any) -> Any:
        place = getattr(self, "target", None), self.attribute
        if place in _PATCHED:
            _PATCHED.remove(place)
        return leave(self, *error)

    entering.__hwlib_noted__ = True  # type: ignore[attr-defined]
    patch.__enter__, patch.__exit__ = entering, leaving
