"""See which arguments a call has changed in place, and make a change of the test's here, too.

A path leads from a list of arguments to one object in them: a position, then keys, and names of
attributes as lists of one.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["MUTABLE", "Path", "Snapshot", "assign", "attributes_of"]

MAPPINGS = (dict, OrderedDict, defaultdict, Counter)
MUTABLE = (*MAPPINGS, list, set, deque)
_CONTAINERS = frozenset((*MUTABLE, tuple))
_SIMPLE = frozenset((int, float, str, bool, bytes, complex, type(None)))

Array = np.ndarray[Any, Any]
Path = list[Any]


@dataclass(slots=True, eq=False)
class _Seen:
    """One object that can change, and its content when it was seen."""

    path: Path
    value: Any
    memory: Array | None  # of an array or a tensor
    before: Any


class Snapshot:
    """The arguments of one call as they are now.

    Parameters
    ----------
    args : list
    copied : set of type
        Classes whose instances are looked into.

    Examples
    --------
    >>> rows = [np.zeros(2), {"a": 1}]
    >>> before = Snapshot([rows])
    >>> rows[0][0] = 1
    >>> before.changed()
    [[0, 0]]
    """

    __slots__ = ("_copied", "_paths", "_seen", "_torch")

    def __init__(self, args: list[Any], copied: Set[type] = frozenset()) -> None:
        self._torch, self._copied = sys.modules.get("torch"), copied
        self._seen: list[_Seen] = []
        self._paths: dict[int, Path] = {}  # id of an object that can change → where it was first
        for position, value in enumerate(args):
            self._look(value, [position])

    def _look(self, value: Any, path: Path) -> None:
        kind = type(value)
        if kind in _SIMPLE or id(value) in self._paths:
            return
        memory = value if isinstance(value, np.ndarray) else self._memory_of(value)
        if memory is not None:
            self._see(path, value, memory, _bytes_of(memory))
        elif kind in _CONTAINERS:
            if kind is not tuple:
                self._see(path, value, None, _items(value))
            if kind is set:  # what it contains can't change, and its order is another one elsewhere
                return
            for key, item in value.items() if kind in MAPPINGS else enumerate(value):
                if type(item) not in _SIMPLE and type(key) in (int, str):
                    self._look(item, [*path, key])
        elif kind in self._copied:
            self._see(path, value, None, _items(attributes_of(value)))
            for name, item in attributes_of(value).items():
                self._look(item, [*path, [name]])

    def _memory_of(self, value: Any) -> Array | None:
        """The memory of a tensor, as an array."""
        if self._torch is not None and isinstance(value, self._torch.Tensor):
            # a kind of tensor that NumPy does not know, or one that is elsewhere
            with contextlib.suppress(RuntimeError, TypeError):
                memory: Array = value.detach().numpy()
                return memory
        return None

    def _see(self, path: Path, value: Any, memory: Array | None, before: Any) -> None:
        self._paths[id(value)] = path
        self._seen.append(_Seen(path, value, memory, before))

    def changed(self) -> list[Path]:
        """The paths of the objects whose content has changed."""
        return [one.path for one in self._seen if self._is_changed(one)]

    def contents(self) -> list[list[Any]]:
        """Path and content of each object that has changed.

        Content is [form, data]: "array" with the array; "items" with a list of entries; "pairs"
        with keys and entries; "attributes" with names and entries; "unknown" with None. An entry is
        [0, path] for an object that the arguments contained before, else [1, value].
        """
        return [[one.path, self._content(one)] for one in self._seen if self._is_changed(one)]

    def renew(self) -> None:
        """From now on, compare with the content that the objects have now."""
        for one in self._seen:
            one.before = self._now(one)

    def _now(self, one: _Seen) -> Any:
        if one.memory is not None:
            return _bytes_of(one.memory)
        is_container = type(one.value) in _CONTAINERS
        return _items(one.value if is_container else attributes_of(one.value))

    def _is_changed(self, one: _Seen) -> bool:
        now = self._now(one)
        if one.memory is not None:
            return bool(now != one.before)
        return len(now) != len(one.before) or not all(map(_is_same, now, one.before))

    def _content(self, one: _Seen) -> list[Any]:
        value = one.value
        if one.memory is not None:
            has_objects = one.memory.dtype.hasobject or one.memory.shape != one.before[0]
            return ["unknown", None] if has_objects else ["array", one.memory]
        if type(value) not in _CONTAINERS:
            named = attributes_of(value).items()
            told = [[name, self._entry(part)] for name, part in named if not name.startswith("__")]
            return ["attributes", told]
        if type(value) in MAPPINGS:
            return ["pairs", [[key, self._entry(item)] for key, item in value.items()]]
        return ["items", [self._entry(item) for item in value]]

    def _entry(self, value: Any) -> list[Any]:
        path = self._paths.get(id(value))
        return [1, value] if path is None else [0, path]

    @property
    def nbytes(self) -> int:
        """The bytes of the arrays."""
        return sum(one.memory.nbytes for one in self._seen if one.memory is not None)

    def is_held(self) -> bool:
        """Whether somebody else refers to one of the objects. Of a tensor nobody can tell."""
        return any(
            sys.getrefcount(one.value) - (one.memory is one.value) > _ALONE
            or (one.memory is not None and one.memory is not one.value)
            for one in self._seen
        )


def _is_same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and type(a) in _SIMPLE and a == b)


def attributes_of(value: Any) -> dict[str, Any]:
    """The attributes of an instance: of its dict and of its slots."""
    found = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found[name] = getattr(value, name)
    return found


def _items(value: Any) -> list[Any]:
    return [*value, *value.values()] if type(value) in MAPPINGS else list(value)


def _bytes_of(array: Array) -> tuple[Any, ...]:
    """Its form and bytes, so that NaN is the same as NaN; of objects, which ones it holds."""
    return array.shape, array.dtype, array.tobytes()


def _alone() -> int:
    """How many references an object has that only its container and a snapshot hold."""
    container: list[list[Any]] = [[]]
    seen = Snapshot(container)._seen
    return next(sys.getrefcount(one.value) for one in seen)


_ALONE = _alone()


def assign(old: Any, new: Any) -> None:
    """Give `old` the content of `new`, in place as far as their forms agree.

    Raises
    ------
    TypeError, ValueError
        If `old` can't have this content.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(old, torch.Tensor):
        with torch.no_grad():
            old.copy_(torch.as_tensor(new))
    elif isinstance(old, np.ndarray):
        old[...] = new
    elif type(old) is not type(new):
        raise TypeError("a value of another type")
    elif type(old) in MAPPINGS:
        kept = {key: _kept(old[key], new[key]) if key in old else new[key] for key in new}
        old.clear()
        for key, item in kept.items():
            old[key] = item
    elif type(old) in (list, deque):
        same = len(old) == len(new)
        items = [_kept(a, b) for a, b in zip(old, new, strict=True)] if same else list(new)
        old.clear()
        old.extend(items)
    else:
        old.clear()
        old.update(new)


def _kept(old: Any, new: Any) -> Any:
    """The old part with the new content where that is possible, else the new part."""
    if type(old) not in (*MUTABLE, np.ndarray):
        return new
    try:
        assign(old, new)
    except (ValueError, TypeError):
        return new
    return old
