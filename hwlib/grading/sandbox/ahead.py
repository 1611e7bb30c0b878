"""Hold what generators of PyTorch have given before the grader has asked for it.

A test that reads all parameters of a network would send a request for each. A generator such as
`net.named_parameters()` may run ahead, because it only reads; a student's own may not.
"""

from __future__ import annotations

import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from types import GeneratorType
from typing import Any

__all__ = ["MAX_AHEAD", "ItemsAhead"]

MAX_AHEAD = 64
MAX_AHEAD_BYTES = 2**18  # of the tensors in one answer


class ItemsAhead:
    """The items of generators that the grader has not taken yet, by number of the generator."""

    __slots__ = ("_ends", "_held")

    def __init__(self) -> None:
        self._held: defaultdict[int, deque[Any]] = defaultdict(deque)
        self._ends: dict[int, BaseException] = {}  # what is raised after the items that are held

    def items(self, number: int, source: Any, taken: int, wanted: int) -> list[Any]:
        """The next item, and more that follow if `source` may run ahead.

        Parameters
        ----------
        number : int
        source : iterator
        taken : int
            How many items the grader has taken of those beside the first in the last answer.
        wanted : int
            How many more than one it wants.

        Raises
        ------
        StopIteration
            And whatever else the iterator raises in place of the next item.
        """
        if not _may_run_ahead(source):
            return [next(source)]
        held, wanted = self._held[number], min(wanted, MAX_AHEAD)
        _drop(held, taken)
        room = MAX_AHEAD_BYTES - sum(map(_bytes_of, held))
        while number not in self._ends and (not held or (len(held) <= wanted and room > 0)):
            try:
                held.append(next(source))
            # raised in its turn
            except BaseException as error:  # noqa: BLE001
                self._ends[number] = error
                break
            room -= _bytes_of(held[-1])
        if not held:
            end, self._ends[number] = self._ends[number], StopIteration()
            raise end
        first = held.popleft()
        return [first, *held] if wanted else [first]

    def has_ended(self, number: int) -> bool:
        """Whether nothing comes after the items that are held, and nothing with the end."""
        end = self._ends.get(number)
        return isinstance(end, StopIteration) and end.value is None

    def resumed(self, number: int, source: Any, taken: int) -> Any:
        """The iterator with the items that the grader has not taken, for student code."""
        if number not in self._held:
            return source
        held = self._held.pop(number)
        _drop(held, taken)
        return _left(held, source, self._ends.pop(number, None))


def _left(held: deque[Any], source: Any, end: BaseException | None) -> Iterator[Any]:
    yield from held
    if end is not None and not isinstance(end, StopIteration):
        raise end
    yield from source


def _drop(held: deque[Any], taken: int) -> None:
    for _ in range(min(taken, len(held))):
        held.popleft()


def _may_run_ahead(source: Any) -> bool:
    """Whether it is a generator of PyTorch's own code."""
    torch = sys.modules.get("torch")
    if torch is None or type(source) is not GeneratorType:
        return False
    return Path(source.gi_code.co_filename).is_relative_to(torch.__path__[0])


def _bytes_of(item: Any) -> int:
    """Of the tensors in it, as far as they have memory of one piece."""
    tensor = sys.modules["torch"].Tensor
    parts = item if type(item) is tuple else (item,)
    return sum(part.numel() * part.element_size() for part in parts if isinstance(part, tensor))
