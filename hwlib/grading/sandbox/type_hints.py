"""Write type hints as plain data: `list[int]`, `float | None`, `Callable[[int], str]`.

Only names of `typing` and types that cross by themselves are looked up, and nothing is evaluated.
"""

from __future__ import annotations

import collections.abc
import functools
import operator
import types
import typing
from abc import ABCMeta
from collections.abc import Callable
from typing import Any

from hwlib.errors import WireError
from hwlib.grading.sandbox.codec import Decoder, Encode, Encoder, Unpack
from hwlib.grading.sandbox.library_values import NAMES

__all__ = ["DECODERS", "ENCODERS"]

MAX_PARTS = 100

_FORMS: dict[str, Any] = {
    name: getattr(typing, name)
    for name in [
        "Any",
        "AnyStr",
        "Callable",
        "ClassVar",
        "Collection",
        "Container",
        "Counter",
        "DefaultDict",
        "Deque",
        "Dict",
        "Final",
        "FrozenSet",
        "Generator",
        "Hashable",
        "Iterable",
        "Iterator",
        "List",
        "Literal",
        "Mapping",
        "MutableMapping",
        "MutableSequence",
        "NoReturn",
        "Optional",
        "OrderedDict",
        "Self",
        "Sequence",
        "Set",
        "Sized",
        "Tuple",
        "Type",
        "Union",
    ]
}
_PROTOCOLS: dict[str, Any] = {
    name: getattr(collections.abc, name) for name in collections.abc.__all__
}
_PARTS = (type(None), type(...), str, int, bool)
_ORIGINS = {cls: name for name, cls in _PROTOCOLS.items()}


def _generic(value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    """`list[int]`, and `Callable[[int], str]` of `collections.abc`."""
    origin = typing.get_origin(value)
    name = _ORIGINS.get(origin)
    if not _crosses(value):
        return None
    of = {"c": name} if name else {"o": encoder.part(origin, depth)}
    return {"t": "generic", **of, "v": encoder.items(typing.get_args(value), depth)}


def _crosses(hint: Any) -> bool:
    """Whether it is made of types and of nothing that could have an idea of its own."""
    if type(hint) is list:
        return all(map(_crosses, hint))
    kind = type(hint)
    if kind is types.GenericAlias and typing.get_origin(hint) not in (NAMES.keys() | _ORIGINS):
        return False
    if kind in ENCODERS:
        return all(map(_crosses, typing.get_args(hint)))
    return kind in _PARTS or issubclass(kind, type)


def _union(value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    if not _crosses(value):
        return None
    return {"t": "union", "v": encoder.items(typing.get_args(value), depth)}


def _form(value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    """Something of `typing`, with or without parts."""
    bare = next((name for name, form in _FORMS.items() if form is value), None)
    if bare is not None:
        return {"t": "hint", "n": bare}
    if typing.get_origin(value) is typing.Union:
        name: Any = "Union"
    else:
        name = getattr(value, "_name", None) or getattr(typing.get_origin(value), "_name", None)
    if name not in _FORMS or not _crosses(value):
        return None
    return {"t": "hint", "n": name, "v": encoder.items(typing.get_args(value), depth)}


def _made(make: Callable[[Any], Any], parts: list[Any]) -> Any:
    """A hint of these parts. `typing` compares them with others that it knows, so none of them may
    have an idea of its own of what it is equal to.
    """
    if len(parts) > MAX_PARTS or not all(map(_may_be_part, parts)):
        raise WireError("a type hint with other parts than types")
    try:
        return make(parts[0] if len(parts) == 1 else tuple(parts))
    except Exception as error:
        raise WireError("a type hint that can't be") from error


def _may_be_part(part: Any) -> bool:
    if type(part) is list:
        return all(map(_may_be_part, part))
    kind = type(part)
    return kind in _PARTS or kind in ENCODERS or issubclass(kind, type)


def _read_generic(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    origin: Any
    if "c" in data:
        origin = _PROTOCOLS.get(decoder.text(data, "c", 100))
    else:
        origin = decoder.part(data.get("o"), depth)
    parts = decoder.items(data, depth)
    if type(origin) not in (type, ABCMeta):  # a student's class has no alias
        raise WireError("a type hint of what is no type")
    if origin is collections.abc.Callable:
        return _made(collections.abc.Callable.__class_getitem__, parts)
    return _made(lambda found: types.GenericAlias(origin, found), parts)


def _read_union(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    parts = decoder.items(data, depth)
    if len(parts) < 2:
        raise WireError("a union of fewer than two types")
    made = _made(lambda found: functools.reduce(operator.or_, found), parts)
    if typing.get_origin(made) not in (types.UnionType, typing.Union):
        raise WireError("a union of other things than types")
    return made


def _read_form(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    form = _FORMS.get(decoder.text(data, "n", 40))
    if form is None:
        raise WireError("a type hint that is not known")
    if "v" not in data:
        return form
    parts = decoder.items(data, depth)
    return _made(lambda found: form[found], parts)


ENCODERS: dict[type, Encode] = {
    types.GenericAlias: _generic,
    types.UnionType: _union,
    type(Callable[[int], int]): _generic,
    **{
        type(hint): _form
        for hint in (
            typing.Any,
            typing.List,  # noqa: UP006
            typing.List[int],  # noqa: UP006
            typing.Callable,
            typing.Callable[[int], int],
            typing.Optional[int],  # noqa: UP045
            typing.Tuple,  # noqa: UP006
            typing.Literal["a"],
            typing.Union,
            typing.AnyStr,
        )
    },
}
ENCODERS.pop(type, None)  # of a later Python's Union
DECODERS: dict[str, Unpack] = {
    "generic": _read_generic,
    "union": _read_union,
    "hint": _read_form,
}
