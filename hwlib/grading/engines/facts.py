"""Facts about a student's function or class that tests read: signature, code, fields of a dataclass.

They are plain data: what a test can read of a code object are names and numbers, and a signature is
put together here.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable
from types import CodeType, SimpleNamespace
from typing import Any

from hwlib.errors import CannotCheck, WireError, WorkerMisbehaved
from hwlib.grading.engines.links import Link
from hwlib.grading.sandbox.codec import Decoder
from hwlib.grading.sandbox.descriptions import CODE_FACTS

__all__ = ["Code", "dataclass_fields", "fact_of", "read_code"]

_NO_SOURCE = (
    "the test reads the source of the student's code, which stays in the student's process; "
    "a human decides"
)


def fact_of(link: Link, name: str) -> Any:
    """An attribute of Python's own."""
    if name == "__signature__":
        return _signature(link)
    return link.attribute(name)


class Code(SimpleNamespace):
    """What a code object says in names and numbers."""

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return CodeType

    def __getattr__(self, name: str) -> Any:
        if name.startswith("co_"):
            raise CannotCheck(_NO_SOURCE)
        raise AttributeError(name)


def read_code(data: dict[str, Any], decoder: Decoder, depth: int) -> Code:
    """A code object's facts, as the worker sent them."""
    told = decoder.part(data.get("v"), depth)
    if type(told) is not dict or not all(map(_is_fact, told.values())):
        raise WireError("facts of a code object that are none")
    return Code(**{name: told[name] for name in CODE_FACTS if name in told})


def _is_fact(value: Any) -> bool:
    if type(value) is tuple:
        return all(type(name) is str for name in value)
    return type(value) in (int, str)


def _signature(link: Link) -> inspect.Signature:
    told = link.request("signature").get("value")
    if type(told) is not list or not told or not all(type(one) is list for one in told):
        raise WorkerMisbehaved("a signature that is none")
    *parameters, returned = told
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    name,
                    inspect._ParameterKind(kind),
                    default=_or_empty(default),
                    annotation=_or_empty(annotation),
                )
                for name, kind, default, annotation in parameters
            ],
            return_annotation=_or_empty(returned),
        )
    except (TypeError, ValueError) as error:
        raise WorkerMisbehaved("a signature that is none") from error


def _or_empty(told: list[Any]) -> Any:
    return told[0] if told else inspect.Signature.empty


def dataclass_fields(names: Iterable[str]) -> dict[str, Any]:
    """What `dataclasses.fields`, `asdict` and `replace` look for in a dataclass."""
    made = dataclasses.make_dataclass("Fields", [(name, Any) for name in names if _is_name(name)])
    fields: dict[str, Any] = made.__dict__["__dataclass_fields__"]
    return fields


def _is_name(name: str) -> bool:
    import keyword

    return name.isidentifier() and not keyword.iskeyword(name) and name.isascii()
