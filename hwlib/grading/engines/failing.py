"""The input of the call after which a check failed, in words: for students, after grading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hwlib.grading.cells import one_line

__all__ = ["described"]

MAX_LENGTH = 600  # characters
MAX_ITEMS, MAX_DEPTH, MAX_TEXT = 6, 3, 60
PLAIN = (bool, int, float, complex, str, bytes, type(None))


def described(asked: Mapping[str, Any] | None) -> str:
    """The arguments of a call, as far as they are plain values; "" if nothing was called.

    Objects of a student's are only named by their type, because asking them would run their code.

    >>> described({"args": [np.eye(2), "L2"], "kwargs": {"k": 3}})
    "array([[1., 0.], [0., 1.]]), 'L2', k=3"
    >>> described({"name": "train", "args": [[1, 2]], "kwargs": {}})
    'train([1, 2])'
    """
    if asked is None:
        return ""
    args = [_shown(value, 0) for value in asked.get("args", ())]
    args += [f"{name}={_shown(value, 0)}" for name, value in asked.get("kwargs", {}).items()]
    text = ", ".join(args)
    name = asked.get("name")
    return one_line(f"{name}({text})" if name else text, MAX_LENGTH)


def _shown(value: Any, depth: int) -> str:
    kind = type(value)
    if kind in PLAIN:
        text = repr(value)
        return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
    if kind is np.ndarray or isinstance(value, np.generic):
        return _array(np.asarray(value))
    if kind in (list, tuple, set, frozenset) and depth < MAX_DEPTH:
        items = [_shown(item, depth + 1) for item in list(value)[:MAX_ITEMS]]
        items += ["…"] if len(value) > MAX_ITEMS else []
        begin, end = "[]" if kind is list else "()" if kind is tuple else "{}"
        return f"{begin}{', '.join(items)}{end}"
    if kind is dict and depth < MAX_DEPTH:
        pairs = [
            f"{_shown(key, depth + 1)}: {_shown(item, depth + 1)}"
            for key, item in list(value.items())[:MAX_ITEMS]
        ]
        pairs += ["…"] if len(value) > MAX_ITEMS else []
        return "{" + ", ".join(pairs) + "}"
    shape = getattr(value, "shape", None) if kind.__module__.startswith("torch") else None
    return f"<{kind.__name__}{f' of shape {tuple(shape)}' if shape is not None else ''}>"


def _array(value: np.ndarray[Any, Any]) -> str:
    if value.dtype == object:
        return f"<array of objects, shape {value.shape}>"
    text = np.array2string(value, precision=4, threshold=40, edgeitems=2, separator=", ")
    shown = " ".join(text.split())
    if not value.ndim:
        return shown
    size = f", shape {value.shape}" if value.size > 40 else ""
    return f"array({shown}{size})"
