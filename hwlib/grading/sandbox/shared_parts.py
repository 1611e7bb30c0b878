"""Find what a result shares with the arguments of its call: objects, and views of arrays.

In a notebook `f(x) is x` may hold, and a test that changes a view changes the array. So an answer
says which parts of a result the test has already. Each part is [path in the result, path in the
arguments, form]: "same" object; [shape, offset, strides] of a view; or "memory", where one side
shares memory with the other in a way that can't be repeated.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import Any

import numpy as np

from hwlib.grading.sandbox.changes import MAPPINGS, SIMPLE, Path, Snapshot
from hwlib.grading.sandbox.codec import MAX_DEPTH

__all__ = ["shared_parts"]

MAX_PARTS = 1000
MAX_LOOKED_AT = 100_000

_SEQUENCES = (list, tuple, deque)

Array = np.ndarray[Any, Any]


def shared_parts(result: Any, given: Snapshot) -> list[list[Any]]:
    """The parts of a result that the test has already.

    Examples
    --------
    >>> rows = [np.zeros(4), [1]]
    >>> shared_parts((rows[1], rows[0][1:3], np.ones(4)), Snapshot([rows]))
    [[[0], [0, 1], 'same'], [[1], [0, 0], [[2], 8, [8]]]]
    """
    found: list[list[Any]] = []
    if not len(given):
        return found
    memories = given.memories()
    todo: list[tuple[Path, Any]] = [([], result)]
    looked_at = set[int]()
    while todo and len(found) < MAX_PARTS and len(looked_at) < MAX_LOOKED_AT:
        path, value = todo.pop()
        if type(value) in SIMPLE or len(path) > MAX_DEPTH:  # what is deeper can't be sent
            continue
        if (own := given.path_of(value)) is not None:
            found.append([path, own, "same"])
            continue
        if id(value) in looked_at:
            continue
        looked_at.add(id(value))
        memory = _memory_of(value)
        if memory is not None:
            found += [[path, own, how] for own, how in _shared_with(value, memory, memories)]
        else:
            todo += [([*path, key], part) for key, part in reversed(_parts(value))]
    return found


def _parts(value: Any) -> list[tuple[Any, Any]]:
    if type(value) in MAPPINGS:
        return [(key, part) for key, part in value.items() if type(key) in (int, str)]
    return list(enumerate(value)) if type(value) in _SEQUENCES else []


def _memory_of(value: Any) -> Array | None:
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        try:
            memory: Array = value.detach().numpy()
        except (RuntimeError, TypeError):
            return None
        return memory
    return None


def _shared_with(
    value: Any, memory: Array, memories: list[tuple[Path, Any, Array]]
) -> list[tuple[Path, Any]]:
    """Path of an argument, and how the value shares its memory."""
    for path, owner, own in memories:
        if memory.nbytes and own.nbytes and np.may_share_memory(memory, own):
            plain = type(value) is type(owner) is np.ndarray and own.flags.c_contiguous
            offset = _address(memory) - _address(own)
            if not plain or memory.dtype.hasobject or offset < 0:
                return [(path, "memory")]
            return [(path, [list(memory.shape), offset, list(memory.strides)])]
    return []


def _address(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
