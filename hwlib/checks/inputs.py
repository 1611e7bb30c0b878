"""Check that a function does not change its inputs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import TracebackType

import numpy as np

from hwlib.checks.context import current
from hwlib.checks.pages import hint
from hwlib.checks.values import Array
from hwlib.errors import CheckFailed

__all__ = ["note_changed", "unchanged"]


class unchanged:
    """`with check.unchanged(X=X, y=y):` fails if the block changes one of these values.

    It compares each value with a copy made before: values, dtype and shape. The values are arrays,
    or lists and dicts of arrays.

    Parameters
    ----------
    *values, **named
        The values that must not change. The message says the name.

    Raises
    ------
    CheckFailed
        At the end of the block, unless the block itself raised an error.
    """

    def __init__(self, *values: object, **named: object) -> None:
        self._watched: list[tuple[str, object]] = [("an input", value) for value in values] + [
            (f"the input `{name}`", value) for name, value in named.items()
        ]
        self._noted: list[object] = []

    def __enter__(self) -> None:
        self._before = copy.deepcopy([value for _, value in self._watched])
        current().watchers.append(self)

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        current().watchers.remove(self)
        if error is not None:
            return
        for (name, value), before in zip(self._watched, self._before, strict=True):
            if not _identical(value, before) or any(
                _overlap(value, changed) for changed in self._noted
            ):
                told = (
                    "Work on a copy: `X = X - mean` makes a new array, while "
                    "`X -= mean` changes the array of the caller."
                )
                if _length(value) != _length(before):
                    told = "Work on a copy, `dict(…)` or `list(…)`: `pop` and `append` change it."
                raise CheckFailed(f"The function changed {name}.", hint(told, why="in-place"))

    def note(self, changed: object) -> None:
        """Remember that the caller's `changed` was changed where this process can't see it."""
        self._noted.append(changed)


def note_changed(value: object) -> None:
    """Tell every `unchanged` now open that a function working on a copy of `value` changed that
    copy.

    The isolated engine calls it with the caller's own argument: there the student's process works
    on a copy, so the change itself never shows here.
    """
    for watcher in current().watchers:
        watcher.note(value)


def _length(value: object) -> int | None:
    """The length of a dict or list."""
    return len(value) if isinstance(value, dict | list) else None


def _identical(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        same_kind = a.dtype == b.dtype and a.shape == b.shape
        return same_kind and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(_identical(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_identical, a, b))
    if hasattr(a, "detach") and hasattr(b, "detach"):  # tensors of torch
        return type(a) is type(b) and _identical(a.detach().cpu().numpy(), b.detach().cpu().numpy())
    return type(a) is type(b) and bool(np.all(np.asarray(a == b)))


def _overlap(watched: object, changed: object) -> bool:
    """Whether the two are the same object or hold parts of the same memory."""
    if watched is changed:
        return True
    return any(np.shares_memory(a, b) for a in _arrays(watched) for b in _arrays(changed))


def _arrays(value: object) -> Iterator[Array]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from _arrays(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _arrays(entry)
