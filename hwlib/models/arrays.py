"""Check NumPy models, which are dicts of arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hwlib.errors import ModelError
from hwlib.models.files import Array, check_finite

__all__ = ["checked_arrays"]

_FLOATS = (np.float16, np.float32, np.float64)


def checked_arrays(arrays: object) -> dict[str, Array]:
    """The arrays to store; raises ModelError if they are not a model."""
    if not isinstance(arrays, Mapping) or not arrays:
        raise ModelError(
            "save_model: expected a dict of arrays with at least one entry, found "
            f"{_describe(arrays)}"
        )
    checked: dict[str, Array] = {}
    for name, value in arrays.items():
        if (
            not isinstance(name, str)
            or not name.isprintable()
            or not name
            or name == "__metadata__"
        ):
            raise ModelError(
                f"save_model: each key of the dict must be a name for its array, found {name!r}"
            )
        if not isinstance(value, np.ndarray | np.floating | float):
            raise ModelError(
                f"save_model: {name!r} is {_describe(value)}; expected an array of float16, "
                "float32 or float64"
            )
        array = np.asarray(value)
        if array.dtype.kind != "f" or array.dtype.newbyteorder("=") not in _FLOATS:
            raise ModelError(
                f"save_model: {name!r} has dtype {array.dtype}; expected float64, float32 or "
                "float16: use .astype(np.float64)"
            )
        check_finite(array, name, "save_model")
        checked[name] = np.array(array, dtype=array.dtype.newbyteorder("="), order="C", subok=False)
    return checked


def _describe(value: object) -> str:
    return (
        "an empty dict"
        if isinstance(value, Mapping) and not value
        else f"of type {type(value).__name__}"
    )
