"""Build the classes of stand-ins from what the worker tells of a student's classes.

Names become the names of classes and nothing else. A class of a library is recognised only if it
belongs to one of `LIBRARIES` and this process has imported it already; then `isinstance` with the
library's own class works, too. No code of such a class runs: its special methods are asked of the
worker like the student's own, and a class with an unusual metaclass or a destructor is not used.
"""

from __future__ import annotations

import operator
import sys
from abc import ABCMeta
from collections.abc import Callable
from enum import EnumMeta
from functools import partial
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MappingProxyType,
    MethodType,
    ModuleType,
)
from typing import Any, Protocol

from hwlib.errors import HwlibError, StudentRaised, WireError
from hwlib.grading.engines.facts import dataclass_fields
from hwlib.grading.engines.links import Conversation, Link
from hwlib.grading.engines.mirrors import (
    ClassFacts,
    StandIn,
    StandInClass,
    StandInError,
    StandInValue,
    link_of,
)
from hwlib.grading.engines.special_methods import COMPARISONS, special_method
from hwlib.grading.engines.student_errors import builtin_exception, raisable
from hwlib.grading.sandbox.descriptions import PLAIN, has_own
from hwlib.grading.sandbox.operations import OPERATIONS

__all__ = [
    "FUNCTIONS",
    "KINDS",
    "MUTABLE",
    "build_class",
    "new_error",
    "new_instance",
    "new_value",
    "replace_content",
]

LIBRARIES = frozenset(("abc", "collections", "dataclasses", "enum", "numbers", "typing"))
LIBRARIES |= {"matplotlib", "networkx", "numpy", "pandas", "scipy", "sklearn", "torch"}
MAX_BASES = 32
MUTABLE = (list, dict, set)

_METACLASSES = frozenset((type, ABCMeta, EnumMeta, type(Protocol)))
KINDS: dict[str, type] = {
    "function": FunctionType,
    "method": MethodType,
    "builtin_function_or_method": BuiltinFunctionType,
    "generator": GeneratorType,
    "async_generator": AsyncGeneratorType,
    "partial": partial,
    "coroutine": CoroutineType,
    "module": ModuleType,
    "mappingproxy": MappingProxyType,
    "property": property,
    "staticmethod": staticmethod,
    "classmethod": classmethod,
    **{cls.__name__: cls for cls in (map, zip, filter, enumerate, reversed)},
}
FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType)
_COPYING = ("__copy__", "__deepcopy__")
_ALWAYS = ("__str__", "__repr__", "__format__", "__dir__", *_COPYING)
_BASES = {base.__name__: base for base in PLAIN}


def build_class(
    session: Conversation,
    number: int,
    told: dict[str, Any],
    classes: dict[int, type],
    given: Callable[[str], type | None],
) -> type:
    """The class of stand-ins for a student's class.

    Parameters
    ----------
    session : Conversation
    number : int
    told : dict
        What `sandbox.descriptions.describe_class` made.
    classes : dict
        Number → class, of those told of before.
    given : callable
        The class of this name that a setup cell or a file of the assignment defines.

    Raises
    ------
    WireError
        If a worker does not tell of a class in this way.
    """
    name, module = _text(told, "n"), _text(told, "m")
    numbers = told.get("b")
    if not isinstance(numbers, list) or not all(
        type(one) is int and one in classes for one in numbers[:MAX_BASES]
    ):
        raise WireError("a class without bases")
    if module == "builtins" and (builtin := builtin_exception(name)) is not None:
        return raisable(builtin.__name__)
    bases = [classes[one] for one in numbers[:MAX_BASES]]
    qualname = _text(told, "q")
    library = _library_class(module, qualname) or given(
        qualname if told.get("g") is True else f"{module}:{qualname}"
    )
    if library is not None and not _is_harmless(library):
        library = None
    kind = KINDS.get(name) if module in ("builtins", "types", "functools") else None
    specials = frozenset(one for one in _texts(told, "s") if one in OPERATIONS)
    if library is not None:
        specials |= {one for one in OPERATIONS if has_own(library, one)}
    facts = ClassFacts(
        Link(session, number),
        frozenset(_texts(told, "f")),
        specials,
        _COROUTINES.keys() if kind is CoroutineType else frozenset(),
        library,
        told.get("a") is True,
    )
    base = _BASES.get(str(told.get("p")))
    namespace = {
        "__module__": module,
        "__qualname__": qualname,
        "__hwlib_class__": facts,
        **_special_methods(specials, told, bases),
        **_of_kind(kind),
    }
    if told.get("d"):
        namespace["__dataclass_fields__"] = dataclass_fields(_texts(told, "d"), facts.link)
    if base is None:
        namespace["__slots__"] = ()
    else:
        namespace |= _fields(_texts(told, "t")) if base is tuple else {}
    cls = _made(name, bases, library, base, namespace)
    if told.get("z"):
        type.__setattr__(cls, "__abstractmethods__", frozenset(_texts(told, "z")))
    return cls


def _fields(names: list[str]) -> dict[str, Any]:
    """The parts of a named tuple by name."""
    parts = {name: property(operator.itemgetter(i)) for i, name in enumerate(names)}
    return {"_fields": tuple(names), **{n: p for n, p in parts.items() if not n.startswith("_")}}


def _text(told: dict[str, Any], key: str) -> str:
    text = told.get(key)
    if type(text) is not str or len(text) > 100:
        raise WireError("a class without its names")
    return text if text.isascii() and "\0" not in text else ascii(text).replace("\0", "?")


def _texts(told: dict[str, Any], key: str) -> list[str]:
    texts = told.get(key, [])
    if type(texts) is not list or not all(type(one) is str for one in texts):
        raise WireError("a class without its names")
    return texts[:1000]


def _special_methods(
    specials: frozenset[str], told: dict[str, Any], bases: list[type]
) -> dict[str, Any]:
    if any(issubclass(base, BaseException) for base in bases):
        return {}
    # an iterator that says how it is copied would be copied by `itertools.tee`
    always = _ALWAYS if "__next__" not in specials else _ALWAYS[: -len(_COPYING)]
    found: dict[str, Any] = {name: special_method(name) for name in (*specials, *always)}
    arithmetic = any(name.startswith("__r") and name not in _NOT_REFLECTED for name in specials)
    if arithmetic:
        found["__array_ufunc__"] = None  # so that NumPy leaves `array * standin` to the student's
    if told.get("u") is True:
        found["__hash__"] = None
    elif specials & COMPARISONS and "__hash__" not in specials:
        found["__hash__"] = _BASES.get(str(told.get("p")), object).__hash__
    return found


_NOT_REFLECTED = ("__repr__", "__reversed__", "__round__")


def _of_kind(kind: type | None) -> dict[str, Any]:
    """What an object of Python's own kind says and does."""
    if kind is None:
        return {}
    found: dict[str, Any] = {"__class__": property(lambda self: kind)}
    if kind is FunctionType:
        found["__get__"] = _bound
    return {**found, **_COROUTINES} if kind is CoroutineType else found


def _bound(self: Any, instance: Any, owner: Any = None) -> Any:
    """A function in a class of the test's is a method there."""
    return self if instance is None else MethodType(self, instance)


def _send(self: Any, value: Any) -> Any:
    """Run a coroutine to its end, in the worker."""
    raise StopIteration(link_of(self).operate("__await__"))


def _throw(self: Any, *error: Any) -> Any:
    raise error[0]


def _is_harmless(library: type) -> bool:
    """Whether a stand-in may derive from this class: nothing of it runs by itself."""
    if issubclass(library, BaseException):
        return issubclass(library, Exception) and not issubclass(library, HwlibError)
    return type(library) in _METACLASSES and not hasattr(library, "__del__")


def _library_class(module: str, qualname: str) -> type | None:
    """The class of a library, if this process has it: nothing is imported."""
    found: Any = sys.modules.get(module) if module.partition(".")[0] in LIBRARIES else None
    if not isinstance(found, ModuleType):
        return None
    for part in qualname.split("."):
        found = vars(found).get(part)
        if not isinstance(found, type):
            return None
    same = found.__module__ == module and found.__qualname__ == qualname
    return found if same else None


# ---- classes and their instances -----------------------------------------------------------------


# asyncio wants to know where a coroutine is
_COROUTINES = {"send": _send, "throw": _throw, "close": lambda self: None, "cr_code": None}


def _made(
    name: str, bases: list[type], library: type | None, base: type | None, namespace: dict[str, Any]
) -> type:
    """The class, with the library's own among its bases where that can be."""
    root: type
    ends: tuple[type, ...]
    if base is not None:
        root, ends = StandInValue, (base,)
    elif any(issubclass(one, BaseException) for one in bases):
        root, ends = StandInError, ()
    else:
        root, ends = StandIn, ()
    fitting = [one for one in bases if issubclass(one, root) or root is StandInError]
    own = any(issubclass(one, root) for one in fitting)
    head = fitting if own else [root, *fitting]
    last_resort = (root, *(ends or ((StudentRaised,) if root is StandInError else ())))
    for chosen in ((*head, *((library,) if library else ()), *ends), (*head, *ends)):
        try:
            return _tried(name, chosen, namespace)
        # bases that do not go together, or that mind what is derived from them
        except Exception:  # noqa: BLE001
            continue
    return _tried(name, last_resort, namespace)


def _tried(name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
    meta = _metaclass(bases)
    if issubclass(meta, EnumMeta):  # whose own way needs the members of an Enum
        cls: type = type.__new__(meta, name, bases, dict(namespace))
    else:
        cls = meta(name, bases, dict(namespace))
    type.__setattr__(cls, "__abstractmethods__", frozenset())
    if issubclass(cls, StandIn):
        object.__new__(cls)  # raises if instances can't be made this way
    return cls


def _metaclass(bases: tuple[type, ...]) -> Any:
    kinds = {StandInClass, *map(type, bases)} - {type}
    most = [one for one in kinds if not any(one is not k and issubclass(k, one) for k in kinds)]
    if len(most) == 1:
        return most[0]
    most.sort(key=lambda kind: not issubclass(kind, StandInClass))
    return type("StandInClass", tuple(most), {})


def new_instance(cls: Any, link: Link) -> Any:
    """A stand-in of this class."""
    if not issubclass(cls, StandIn):
        raise WireError("an object of a class without objects")
    made = object.__new__(cls)
    object.__setattr__(made, "__hwlib__", link)
    return made


def new_error(cls: Any, link: Link, message: str, args: list[Any]) -> BaseException:
    """An exception of this class."""
    if not issubclass(cls, StandInError):
        raise WireError("an exception of a class of other objects")
    error = _new_exception(cls, args)
    object.__setattr__(error, "__hwlib__", link)
    error.student_message = message  # type: ignore[attr-defined]
    return error


def _new_exception(cls: type[BaseException], args: list[Any]) -> BaseException:
    """An exception with these arguments, made without any `__init__`.

    The nearest class that is written in C has to make it: of OSError, for example, it has more
    fields.
    """
    base: Any = cls
    while not isinstance(new := vars(base).get("__new__"), BuiltinFunctionType):
        base = base.__base__
    try:
        error: BaseException = new(cls, *args)
    except (TypeError, ValueError):  # a group of exceptions wants a message and a list
        raise WireError("an exception that can't be made of its arguments") from None
    error.args = tuple(args)
    return error


def new_value(cls: Any, link: Link, content: Any) -> Any:
    """An instance of this class, which derives from the type of its content."""
    base = type(content)
    if not issubclass(cls, StandInValue) or not issubclass(cls, base) or base not in PLAIN:
        raise WireError("a value of a class of other objects")
    if base in MUTABLE:
        made = base.__new__(cls)
        base.__init__(made, content)
    else:
        made = base.__new__(cls, content)
    object.__setattr__(made, "__hwlib__", link)
    return made


def replace_content(value: Any, content: Any) -> None:
    """Give an instance of a subclass of list, dict or set this content."""
    base: Any = type(content)
    if base not in MUTABLE or not isinstance(value, base):
        raise WireError("content of another type")
    base.clear(value)
    getattr(base, "extend" if base is list else "update")(value, content)
