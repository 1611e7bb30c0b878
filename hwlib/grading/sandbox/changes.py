"""See which arguments a call has changed in place, and make a change of the test's here, too.

A path leads from a list of arguments to one object in them: a position, then keys.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any

import numpy as np

__all__ = ["MUTABLE", "Snapshot", "assign"]

MAX_ITEMS = 1000  # of a list or dict that is looked into

MAPPINGS = (dict, OrderedDict, defaultdict, Counter)
MUTABLE = (*MAPPINGS, list, set, deque)
_CONTAINERS = frozenset((*MUTABLE, tuple))

Array = np.ndarray[Any, Any]


class Snapshot:
    """The arguments of one call as they are now.

    Examples
    --------
    >>> rows = [np.zeros(2), {"a": 1}]
    >>> before = Snapshot([rows])
    >>> rows[0][0] = 1
    >>> before.changed()
    [[0, 0]]
    """

    __slots__ = ("_seen", "_torch")

    def __init__(self, args: list[Any]) -> None:
        self._torch = sys.modules.get("torch")
        self._seen: list[tuple[list[Any], Any, Any]] = []  # path, object, copy of its content
        for position, value in enumerate(args):
            self._look(value, [position])

    def _look(self, value: Any, path: list[Any]) -> None:
        kind = type(value)
        if kind in (int, float, str, bool):
            return
        if self._torch is not None and isinstance(value, self._torch.Tensor):
            # a kind of tensor that NumPy does not know, or one that is elsewhere
            with contextlib.suppress(RuntimeError, TypeError):
                value = value.detach().numpy()  # the same memory
        if isinstance(value, np.ndarray):
            self._seen.append((path, value, _bytes_of(value)))
        elif kind in _CONTAINERS and len(value) < MAX_ITEMS and len(path) < 10:
            if kind is not tuple:
                self._seen.append((path, value, _items(value)))
            for key, item in value.items() if kind in MAPPINGS else enumerate(value):
                if type(key) in (int, str):
                    self._look(item, [*path, key])

    def changed(self) -> list[list[Any]]:
        """The paths of the objects whose content has changed."""
        return [path for path, value, copy in self._seen if not _same(value, copy)]

    @property
    def nbytes(self) -> int:
        """The bytes of the arrays."""
        return sum(len(copy[2]) for _, _, copy in self._seen if type(copy) is tuple)

    def is_held(self) -> bool:
        """Whether somebody else refers to one of the objects."""
        return any(count > _ALONE for count in _references(self._seen))


def _references(seen: list[tuple[list[Any], Any, Any]]) -> list[int]:
    return [sys.getrefcount(value) for _, value, _ in seen]


def _alone() -> int:
    """How many references an object has that only its container and a snapshot hold."""
    container: list[list[Any]] = [[]]
    return _references([([], container[0], None)])[0]


_ALONE = _alone()


def _items(value: Any) -> list[Any]:
    return [*value, *value.values()] if type(value) in MAPPINGS else list(value)


def _bytes_of(array: Array) -> tuple[Any, ...]:
    """Its form and bytes, so that NaN is the same as NaN; of objects, which ones it holds."""
    return array.shape, array.dtype, array.tobytes()


def _same(value: Any, copy: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(_bytes_of(value) == copy)
    now = _items(value)
    return len(now) == len(copy) and all(a is b for a, b in zip(now, copy, strict=True))


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
