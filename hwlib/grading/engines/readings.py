"""Find out that an object of the student's says one thing now and another thing next time.

A test that reads `len(W)` and then multiplies by `W` takes both for facts about one value. An
object of a class that only the student knows may answer as it likes, so its answers must fit
together as long as no code is called that may change it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from hwlib.grading.engines.answers import key_of
from hwlib.grading.engines.mirrors import StandInValue, is_standin, link_of
from hwlib.grading.sandbox.descriptions import PLAIN

__all__ = ["READING", "Readings"]

READING = frozenset(
    f"__{name}__"
    for name in (
        *("array", "bool", "complex", "float", "index", "int"),
        *("contains", "getitem", "len", "missing"),
    )
)
_CHANGES_NOTHING = READING | {"__iter__", "__next__", "__str__", "__repr__", "__format__"}
_CHANGES = frozenset(
    ("call", "setattr", "delattr", "backward", "set", "define", "delete", "restore", "run")
)


class Readings:
    """What objects have said of themselves since student code was last called."""

    def __init__(self) -> None:
        self._said: dict[tuple[int, str, Hashable], int] = {}  # answers, by their hashes

    def note(self, op: str, fields: dict[str, Any]) -> None:
        """A request is sent: after some, an object may be another."""
        is_method = op in ("operate", "call_method")
        if op in _CHANGES or (is_method and fields.get("name") not in _CHANGES_NOTHING):
            self._said.clear()

    def fits(self, value: Any, name: str, args: tuple[Any, ...], answer: Any) -> bool:
        """Whether what a special method says fits to what the object is, and has said.

        Parameters
        ----------
        value : stand-in
            The object.
        name : str
            One of `READING`.
        args : tuple
        answer : object
        """
        number, key = link_of(value).number, key_of(args)
        said = _key(answer)
        if key is None or said is None:
            return True
        if isinstance(value, StandInValue) and not _is_content(value, name, args, said):
            return False
        if self._said.setdefault((number, name, key), hash(said)) != hash(said):
            return False
        if name in ("__array__", "__len__"):
            size = answer if name == "__len__" else len(answer) if np.ndim(answer) else None
            return size is None or self._said.setdefault((number, "size", None), size) == size
        return True


def _key(answer: Any) -> Hashable | None:
    """What equal answers have in common."""
    return ("object", link_of(answer).number) if is_standin(answer) else key_of(answer)


def _is_content(value: Any, name: str, args: tuple[Any, ...], said: Hashable) -> bool:
    """Whether an instance of a subclass of a plain type says what its content would say."""
    base = next(base for base in PLAIN if isinstance(value, base))
    method = getattr(base, name, None)
    if method is None or name == "__missing__":
        return True
    try:
        due = _key(method(value, *args))
    except (LookupError, TypeError, ValueError, OverflowError):
        return True  # what the content does not have is the class's own
    return due is None or due == said
