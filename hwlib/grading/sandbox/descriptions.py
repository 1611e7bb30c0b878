"""Describe a student's classes and functions as plain data: names and facts.

The grader builds its stand-ins from this. Nothing here needs to be true: a student's code may lie
about itself, as it may in any process.
"""

from __future__ import annotations

import ctypes
import dataclasses
import inspect
import mmap
from collections.abc import Callable
from enum import EnumMeta
from types import FunctionType, MethodDescriptorType
from typing import Any

from hwlib.grading.sandbox.operations import OPERATIONS

__all__ = ["PLAIN", "describe_class", "describe_signature", "has_own"]

PLAIN = (int, float, str, bytes, tuple, frozenset, list, dict, set)
_BUFFERS = (memoryview, ctypes.Array, mmap.mmap)  # Python 3.11 can't tell which classes have one
_ARRAYS = ("__array__", "__array_interface__", "__array_struct__")
MAX_NAMES = 1000
MAX_NAME = 100  # characters


def describe_class(cls: type, number: Callable[[Any], int]) -> dict[str, Any]:
    """The class as its stand-in is built: name, bases by number, special methods, methods.

    Parameters
    ----------
    cls : type
    number : callable
        Gives the number of a class, which must be described before this one.
    """
    bases = [base for base in cls.__bases__ if base is not object and base not in PLAIN]
    own = [one for one in cls.__mro__ if one is not object and one not in PLAIN]
    found: dict[str, Any] = {
        "n": str(cls.__name__)[:MAX_NAME],
        "q": str(cls.__qualname__)[:MAX_NAME],
        "m": str(cls.__module__)[:MAX_NAME],
        "b": [number(base) for base in bases],
        "s": [name for name in OPERATIONS if has_own(cls, name) or _is_array(name, cls)],
        "f": _methods(own),
    }
    if issubclass(cls, PLAIN):
        found["p"] = next(base.__name__ for base in PLAIN if issubclass(cls, base))
    if inspect.isabstract(cls):
        found["z"] = sorted(getattr(cls, "__abstractmethods__"))[:MAX_NAMES]  # noqa: B009
    if cls.__hash__ is None:
        found["u"] = True  # it can't be hashed
    if type(cls) is not type and not issubclass(type(cls), EnumMeta):
        found["a"] = True  # its metaclass may have its own idea of what is an instance
    if "__dataclass_fields__" in vars(cls):
        found["d"] = [field.name[:MAX_NAME] for field in dataclasses.fields(cls)][:MAX_NAMES]
    fields = getattr(cls, "_fields", None)
    if issubclass(cls, tuple) and isinstance(fields, tuple):
        found["t"] = [str(name)[:MAX_NAME] for name in fields[:MAX_NAMES]]
    return found


def has_own(cls: type, name: str) -> bool:
    """Whether instances have this special method, and not from `object` or a plain type.

    The first class that has it counts: `class Key(str, Enum)` has the hash of a text.
    """
    first = next((one for one in cls.__mro__ if name in vars(one)), object)
    if first is object or first in PLAIN:
        return False
    member = vars(first)[name]  # `__hash__ = str.__hash__` is no other than the plain type's
    return member is not None and all(member is not vars(base).get(name) for base in PLAIN)


def _is_array(name: str, cls: type) -> bool:
    """Whether this is `__array__`, and NumPy reads an array from instances by another way."""
    return name == "__array__" and (
        issubclass(cls, _BUFFERS) or any(hasattr(cls, way) for way in _ARRAYS)
    )


def _methods(own: list[type]) -> list[str]:
    """The names of methods: the grader calls these without asking for them first."""
    if any("__getattribute__" in vars(cls) and cls.__module__ != "builtins" for cls in own):
        return []
    names = dict.fromkeys(
        name
        for cls in own
        for name, member in vars(cls).items()
        if isinstance(member, (FunctionType, MethodDescriptorType))
        and not (name.startswith("__") and name.endswith("__"))
        and len(name) <= MAX_NAME
    )
    return list(names)[:MAX_NAMES]


def describe_signature(function: Any) -> list[Any]:
    """[name, kind, [default], [annotation]] of each parameter, then [return annotation].

    An empty list means that there is no default or annotation.
    """
    signature = inspect.signature(function)

    def told(value: Any) -> list[Any]:
        return [] if value is inspect.Signature.empty else [value]

    return [
        *(
            [one.name[:MAX_NAME], int(one.kind), told(one.default), told(one.annotation)]
            for one in list(signature.parameters.values())[:MAX_NAMES]
        ),
        told(signature.return_annotation),
    ]
