"""Look at the numbers in plain values, and make other values of the same form."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np

__all__ = ["are_close", "changed_numbers", "key_of", "numbers_in"]

_NUMBERS = (bool, int, float, complex, np.bool_, np.number)
_PLAIN = (type(None), str, bytes)
_KINDS = "biufc"


def numbers_in(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    """Its numbers, as flat arrays.

    >>> [array.tolist() for array in numbers_in({"a": [1, (2.5, "x")]})]
    [[1], [2.5]]
    """
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        for part in value:
            yield from numbers_in(part)
    elif kind is dict:
        for part in value.values():
            yield from numbers_in(part)
    elif issubclass(kind, _NUMBERS):
        yield np.ravel(value)
    elif (array := _array(value)) is not None and array.dtype.kind in _KINDS:
        yield array.ravel()


def are_close(value: Any, other: Any) -> bool:
    """Whether two values have almost the same numbers in the same order.

    >>> are_close([1.0, [2]], (1.0, np.array([2.0])))
    True
    """
    a, b = (np.concatenate([np.zeros(0), *numbers_in(one)]) for one in (value, other))
    return a.size == b.size and np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True)


def changed_numbers(
    value: Any, change: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]
) -> Any:
    """A copy with other numbers of the same types. What is not plain stays as it is.

    >>> changed_numbers({"a": [1, (2.5, "x")]}, lambda numbers: 2 * numbers)
    {'a': [2, (5.0, 'x')]}
    """
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        return kind(changed_numbers(part, change) for part in value)
    if kind is dict:
        return {key: changed_numbers(part, change) for key, part in value.items()}
    if issubclass(kind, _NUMBERS):
        return kind(change(np.asarray(value)).item())
    array = _array(value)
    if array is None or array.dtype.kind not in _KINDS:
        return value
    made = np.asarray(change(array)).astype(array.dtype)
    return made if kind is np.ndarray else sys.modules["torch"].from_numpy(made)


def key_of(value: Any) -> Hashable | None:
    """What equal plain values have in common; None if there is something else in it.

    >>> key_of([1, np.zeros(2)]) == key_of([1, np.zeros(2)]) != key_of([1, np.zeros(3)])
    True
    >>> key_of([print]) is None
    True
    """
    kind = type(value)
    if kind in (list, tuple):
        return _together(kind, map(key_of, value))
    if kind is dict:
        return _together(kind, (key_of(part) for pair in value.items() for part in pair))
    if issubclass(kind, _NUMBERS) or kind in _PLAIN:
        return kind.__name__, repr(value)  # NaN is like NaN, and 0.0 is not like -0.0
    array = _array(value)
    if array is None or array.dtype.kind not in _KINDS:
        return None
    return kind.__name__, array.dtype.str, array.shape, array.tobytes()


def _together(kind: type, keys: Iterator[Hashable | None]) -> Hashable | None:
    found = (kind.__name__, *keys)
    return None if None in found else found


def _array(value: Any) -> np.ndarray[Any, Any] | None:
    """An array, or the data of a tensor of PyTorch."""
    if type(value) is np.ndarray:
        return value
    torch = sys.modules.get("torch")
    if torch is not None and type(value) in (torch.Tensor, torch.nn.Parameter):
        found: np.ndarray[Any, Any] = value.detach().cpu().numpy()
        return found
    return None
