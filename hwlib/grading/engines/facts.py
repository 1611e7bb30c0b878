"""Put together what tests read about a student's function or class: signature, dataclass fields."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from hwlib.errors import WorkerMisbehaved
from hwlib.grading.engines.links import Link

__all__ = ["dataclass_fields", "fact_of"]


def fact_of(link: Link, name: str) -> Any:
    """An attribute with two underscores that a test may read, such as `__doc__`."""
    if name == "__code__":
        raise link.session.cannot_check(
            "the test reads the source or the code object of the student's function, which stays "
            "in the student's process"
        )
    return _signature(link) if name == "__signature__" else link.attribute(name)


def _signature(link: Link) -> inspect.Signature:
    told = link.request("signature").get("value")
    if type(told) is not list or not told or not all(type(one) is list for one in told):
        raise WorkerMisbehaved("a malformed signature")
    *parameters, returned = told
    try:
        return inspect.Signature(
            [_parameter(*one) for one in parameters], return_annotation=_or_empty(returned)
        )
    except (TypeError, ValueError) as error:
        raise WorkerMisbehaved("a malformed signature") from error


def _parameter(name: Any, kind: Any, default: Any, annotation: Any) -> inspect.Parameter:
    if type(name) is not str or type(kind) is not int:
        raise TypeError
    return inspect.Parameter(
        name,
        inspect._ParameterKind(kind),
        default=_or_empty(default),
        annotation=_or_empty(annotation),
    )


def _or_empty(told: Any) -> Any:
    if type(told) is not list:
        raise TypeError
    return told[0] if told else inspect.Signature.empty


def dataclass_fields(names: list[str], link: Link) -> dict[str, Any]:
    """What `dataclasses.fields`, `asdict` and `replace` look for in a dataclass."""
    names = [name for name in names if name.isidentifier() and not name.startswith("__")]
    return {name: _field(name, link) for name in names}


_OF_FIELDS = ("default", "default_factory", "init", "repr", "hash", "compare", "type", "kw_only")


class _Field(dataclasses.Field):  # type: ignore[type-arg]
    """A field of a student's dataclass, which is asked for all but its name."""

    __slots__ = ("link",)
    link: Link

    def __getattribute__(self, name: str) -> Any:
        if name not in _OF_FIELDS:
            return super().__getattribute__(name)
        value = getattr(self.link.attribute("__dataclass_fields__")[self.name], name)
        facts = getattr(type(value), "__hwlib_class__", None)
        is_missing = getattr(facts, "library", None) is type(dataclasses.MISSING)
        return dataclasses.MISSING if is_missing else value


def _field(name: str, link: Link) -> _Field:
    (model,) = dataclasses.fields(dataclasses.make_dataclass("Model", ["field"]))
    made = object.__new__(_Field)
    for slot in dataclasses.Field.__slots__:
        object.__setattr__(made, slot, getattr(model, slot))
    made.name, made.link = name, link
    return made
