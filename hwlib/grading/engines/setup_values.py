"""Keep what the values of setup cells are before a test runs, so that a second run of the same test
begins where the first one did.

A test may change them: `DATA.append(4)`, `rng.normal()`. In a notebook it runs once. Here it may
run again, with more of the student's cells or with arguments that can change.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import re
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from pathlib import PurePath
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from hwlib.grading.engines.mirrors import is_standin
from hwlib.grading.engines.setup_shell import SetupShell
from hwlib.grading.sandbox.changes import MAPPINGS, MUTABLE, SIMPLE, attributes_of
from hwlib.grading.sandbox.copies import set_attribute

__all__ = ["Copies", "SetupValues", "settings"]

MAX_BYTES = 2**22  # of all arrays; larger ones are looked at no more
MAX_VALUES = 100_000

MAX_DIGEST, MAX_READ, PIECE = 2**25, 2**27, 4096  # bytes

# what can't change, or is looked at by its parts
_FIXED = (
    *(types.BuiltinFunctionType, types.GenericAlias, np.ufunc, np.dtype),
    *(re.Pattern, PurePath, SetupShell),
)

Restore = Callable[[], Any]
Copies = dict[int, tuple[Any, np.ndarray[Any, Any]]]


class SetupValues:
    """The values that these names have now.

    Parameters
    ----------
    names : dict
        What setup cells have bound.
    copies : dict, optional
        id of an array → the array and a copy of it, from earlier objects of this class. A copy that
        is still right is not made again.

    Examples
    --------
    >>> names = {"data": [3, [1]], "zeros": np.zeros(2)}
    >>> before = SetupValues(names)
    >>> names["data"][1].append(2)
    >>> names["zeros"][0] = 5
    >>> before.restore()
    >>> names
    {'data': [3, [1]], 'zeros': array([0., 0.])}
    """

    def __init__(self, names: dict[str, Any], copies: Copies | None = None) -> None:
        self._copies: Copies = {} if copies is None else copies
        self._seen: dict[int, Any] = {}  # id → the object, so that no other gets its id
        self._restore: list[Restore] = _global_numbers()
        self._bytes = 0
        self._rest: list[Any] = []  # what `restore` leaves alone
        todo = [value for name, value in names.items() if not name.startswith("__")]
        while todo and len(self._seen) < MAX_VALUES:
            value = todo.pop()
            if type(value) not in SIMPLE and id(value) not in self._seen:
                self._seen[id(value)] = value
                todo += self._look(value)
        if todo:
            self._rest.append(iter(()))  # too many values: nobody can tell

    def restore(self) -> None:
        """Make them as they were."""
        for restore in self._restore:
            restore()

    def rest(self) -> bytes | None:
        """A digest of what `restore` leaves alone: large arrays, objects of libraries, settings of
        this process. None if nobody can tell, as of an iterator.
        """
        digest = _Digest()
        try:
            for value in self._rest:
                if isinstance(value, np.ndarray):
                    digest.of_array(value)
                else:
                    pickle.dump(value, digest)
        # objects of libraries raise whatever they like when they are pickled
        except Exception:  # noqa: BLE001
            return None
        return digest.value(settings())

    def _look(self, value: Any) -> list[Any]:
        """Keep the content of one value; gives its parts."""
        kind = type(value)
        if is_standin(value) or isinstance(value, ModuleType):
            return []
        if kind is tuple or kind is frozenset:
            return list(value)
        if kind in (*MUTABLE, bytearray):
            return self._keep_container(value)
        if isinstance(value, np.ndarray):
            self._keep_array(value, value)
            return []
        if isinstance(value, type):
            return self._keep_class(value) if value.__module__ == "__main__" else []
        if isinstance(value, FunctionType):
            cells = value.__closure__ or ()
            parts = [value.__defaults__, value.__kwdefaults__, value.__dict__]
            return [*parts, *filter(None, map(_of_cell, cells))]
        return self._keep_other(value)

    def _keep_container(self, value: Any) -> list[Any]:
        content = dict(value) if type(value) in MAPPINGS else list(value)
        parts = _parts(content)

        def restore() -> None:
            now = _parts(value)
            if len(now) != len(parts) or any(a is not b for a, b in zip(now, parts, strict=True)):
                _fill(value, content)

        self._restore.append(restore)
        return parts

    def _keep_array(self, owner: Any, memory: np.ndarray[Any, Any]) -> None:
        if not memory.flags.writeable:
            return
        if self._bytes + memory.nbytes > MAX_BYTES or memory.dtype.hasobject:
            self._rest.append(memory)
            return
        self._bytes += memory.nbytes
        before = self._copy_of(owner, memory)

        def restore() -> None:
            if owner.shape == before.shape:
                memory[...] = before

        self._restore.append(restore)

    def _copy_of(self, owner: Any, memory: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        known = self._copies.get(id(owner))
        if known is not None and known[0] is owner and _is_same(known[1], memory):
            return known[1]
        copied: np.ndarray[Any, Any] = memory.copy()
        self._copies[id(owner)] = owner, copied
        return copied

    def _keep_class(self, cls: type) -> list[Any]:
        before = {name: part for name, part in vars(cls).items() if not name.startswith("__")}

        def restore() -> None:
            for name in [one for one in vars(cls) if one not in before and one[:2] != "__"]:
                delattr(cls, name)
            for name, part in before.items():
                if vars(cls).get(name) is not part:
                    setattr(cls, name, part)

        self._restore.append(restore)
        return list(before.values())

    def _keep_other(self, value: Any) -> list[Any]:
        """Generators of random numbers, tensors, instances of classes of setup cells."""
        if isinstance(value, np.random.Generator):
            bits, state = value.bit_generator, value.bit_generator.state
            self._restore.append(lambda: setattr(bits, "state", state))
        elif isinstance(value, np.random.RandomState):
            kept = value.get_state()
            self._restore.append(lambda: value.set_state(kept))
        elif isinstance(value, random.Random):
            numbers = value.getstate()
            self._restore.append(lambda: value.setstate(numbers))
        elif _is_tensor(value):
            with suppress(RuntimeError, TypeError):  # a kind that NumPy does not know
                self._keep_array(value, value.detach().numpy())
        elif type(value).__module__ == "__main__":
            before = attributes_of(value)
            self._restore.append(lambda: _set_all(value, before))
            return list(before.values())
        elif not isinstance(value, _FIXED):
            self._rest.append(value)
        return []


def _is_same(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """The same bytes, or the same objects; one that is not in one piece counts as another."""
    if (a.shape, a.dtype) != (b.shape, b.dtype) or not b.flags.c_contiguous or b.dtype.hasobject:
        return False
    if not b.nbytes:
        return True
    one, other = (memory.reshape(-1).view(np.uint8) for memory in (a, b))
    return np.array_equal(one, other)


def settings() -> str:
    """Settings of this process that a test may change."""
    torch = sys.modules.get("torch")
    found: list[Any] = [np.geterr(), sorted(os.environ.items()), sys.getrecursionlimit()]
    if torch is not None:
        found += [torch.is_grad_enabled(), torch.get_default_dtype()]
    return repr(found)


class _Digest:
    """A file that keeps only a hash of what is written to it."""

    def __init__(self) -> None:
        self._hash, self._room = hashlib.sha256(), MAX_DIGEST

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self._room -= size
        if self._room < 0:
            raise ValueError("too much to look at")
        self._hash.update(data)
        return size

    def of_array(self, array: np.ndarray[Any, Any]) -> None:
        """Of a very large array only every n-th piece counts."""
        if array.dtype.hasobject:
            raise ValueError("an array of objects")
        self._hash.update(f"{array.shape} {array.dtype}".encode())
        flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        pieces = flat[: flat.size // PIECE * PIECE].reshape(-1, PIECE)
        step = 1 + flat.size // MAX_READ
        self._hash.update(np.ascontiguousarray(pieces[::step]).data)
        self._hash.update(flat[-PIECE:].tobytes())

    def value(self, more: str) -> bytes:
        self._hash.update(more.encode("utf-8", "surrogateescape"))
        return self._hash.digest()


def _of_cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return None


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _parts(value: Any) -> list[Any]:
    return [*value, *value.values()] if isinstance(value, dict) else list(value)


def _fill(value: Any, content: Any) -> None:
    value.clear()
    getattr(value, "extend" if hasattr(value, "extend") else "update")(content)


def _set_all(value: Any, before: dict[str, Any]) -> None:
    for name in attributes_of(value).keys() - before.keys():
        object.__delattr__(value, name)
    for name, part in before.items():
        set_attribute(value, name, part)


def _global_numbers() -> list[Restore]:
    """What sets the global generators of random numbers back."""
    numpy, python = np.random.get_state(), random.getstate()
    found: list[Restore] = [lambda: np.random.set_state(numpy), lambda: random.setstate(python)]
    torch = sys.modules.get("torch")
    if torch is not None:
        state = torch.get_rng_state()
        found.append(lambda: torch.set_rng_state(state))
    return found
