"""Pass each use of a student's object in a test cell on to the worker: the classes of stand-ins.

A student's class is a class here, too, of the same name and with the same bases, so that `type`,
`isinstance`, `issubclass` and `except` work as ever:

    StandIn        an instance, function, module or generator: all of it is in the worker
    StandInValue   an instance of a subclass of a plain type: its content is a copy
    StandInError   an exception

`StandInClass` is the class of these classes. Every attribute that is not Python's own is asked of
the worker; the special methods are those that the student's class has (`special_methods`).
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from types import MethodType, ModuleType
from typing import Any

from hwlib.grading.engines.facts import fact_of
from hwlib.grading.engines.links import Link, MethodLink
from hwlib.grading.sandbox.operations import OPERATIONS

__all__ = [
    "ClassFacts",
    "StandIn",
    "StandInClass",
    "StandInError",
    "StandInMethod",
    "StandInValue",
    "facts_of",
    "is_class",
    "is_standin",
    "link_of",
]

# attributes between underscores that are asked of the worker; all others are Python's own
_ASKED = frozenset(
    [
        "__dict__",
        "__doc__",
        "__annotations__",
        "__name__",
        "__qualname__",
        "__module__",
        "__defaults__",
        "__kwdefaults__",
        "__code__",
        "__closure__",
        "__wrapped__",
        "__self__",
        "__func__",
        "__signature__",
        "__version__",
        "__file__",
        "__all__",
        "__type_params__",
        "__init__",
        "__post_init__",
        "__match_args__",
        "__slots__",
        "__objclass__",
        "__abstractmethods__",
        "__isabstractmethod__",
    ]
)
_ASKED_OF_CLASSES = (_ASKED | {"__members__"}) - {
    "__name__",
    "__qualname__",
    "__module__",
    "__abstractmethods__",
}
_COPYING = ("__copy__", "__deepcopy__")
_OF_ERRORS = ("args", "student_type", "student_message", "trace")
# libraries look for these in everything that they are given
_PROBES = ("__array", "__torch", "__dlpack", "__cuda", "__dataframe", "__arrow", "__jax")


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """What is known of a student's class."""

    link: Link
    methods: frozenset[str]
    specials: frozenset[str]
    local: Set[str] = frozenset()  # attributes that are here
    library: type | None = None  # the class of a library that it is
    asks: bool = False  # whether it has its own idea of what is an instance of it


def is_standin(value: Any) -> bool:
    """Whether this stands for an object of the student's."""
    return issubclass(type(value), _INSTANCES) or is_class(value)


def is_class(value: Any) -> bool:
    """Whether this stands for a class of the student's; asks no stand-in what it is."""
    return issubclass(type(value), StandInClass)


def link_of(standin: Any) -> Link:
    """The link of a stand-in."""
    if is_class(standin):
        return facts_of(standin).link
    link: Link = object.__getattribute__(standin, "__hwlib__")
    return link


def facts_of(cls: Any) -> ClassFacts:
    """What is known of a class of stand-ins."""
    facts: ClassFacts = type.__getattribute__(cls, "__hwlib_class__")
    return facts


def _is_pythons(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


# ---- classes -------------------------------------------------------------------------------------


class StandInClass(type):
    """A student's class: calling it makes an instance in the worker."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        """Made by `student_classes` only: a test can't derive from a student's class."""
        if "__hwlib_class__" not in namespace:
            session = next(facts_of(base).link.session for base in bases if is_class(base))
            raise session.cannot_check(f"the test derives {name} from a class of the student's")
        return super().__new__(mcs, name, bases, namespace)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return facts_of(cls).link.call(args, kwargs)

    def __getattribute__(cls, name: str) -> Any:
        if not _is_pythons(name):
            if name.startswith("_abc_"):  # what Python's own machinery looks for
                return type.__getattribute__(cls, name)
            return facts_of(cls).link.attribute(name)
        if name in OPERATIONS and name not in facts_of(cls).specials and name not in _COPYING:
            return getattr(object, name)  # what every class has, or nothing
        if name in _ASKED_OF_CLASSES:
            return fact_of(facts_of(cls).link, name)
        found = _own_or_asked(type.__getattribute__, cls, name, facts_of(cls).link)
        if name in ("__bases__", "__mro__"):
            found = tuple(dict.fromkeys(map(_as_told, found)))
        return found

    def __setattr__(cls, name: str, value: Any) -> None:
        if name == "__abstractmethods__" or name.startswith("_abc_"):
            type.__setattr__(cls, name, value)
        else:
            facts_of(cls).link.request("setattr", name=name, value=value)

    def __delattr__(cls, name: str) -> None:
        facts_of(cls).link.request("delattr", name=name)

    def __instancecheck__(cls, value: Any) -> bool:
        return type.__instancecheck__(cls, value) or _asked(cls, "isinstance", value)

    def __subclasscheck__(cls, other: Any) -> bool:
        return type.__subclasscheck__(cls, other) or _asked(cls, "issubclass", other)

    def __eq__(cls, other: object) -> bool:
        library = facts_of(cls).library
        return cls is other or (library is not None and library is other)

    def __hash__(cls) -> int:
        library = facts_of(cls).library
        return type.__hash__(cls) if library is None else hash(library)

    def __repr__(cls) -> str:
        home = "" if cls.__module__ == "builtins" else f"{cls.__module__}."
        return f"<class '{home}{cls.__qualname__}'>"

    def __bool__(cls) -> bool:
        return True

    def __len__(cls) -> int:
        length: int = facts_of(cls).link.operate("__len__")
        return length

    def __iter__(cls) -> Any:
        return facts_of(cls).link.operate("__iter__")

    def __contains__(cls, value: Any) -> bool:
        link = facts_of(cls).link
        found: bool = link.operate("__contains__", value) is True
        if found and not (is_standin(value) or link.session.is_of_course(cls)):
            link.session.believe(cls, "__contains__")
        return found

    def __getitem__(cls, key: Any) -> Any:
        return facts_of(cls).link.operate("__getitem__", key)

    def __dir__(cls) -> Any:
        return facts_of(cls).link.operate("__dir__")


def _asked(cls: Any, op: str, value: Any) -> bool:
    """The student's class may have its own idea of what is an instance of it."""
    return facts_of(cls).asks and facts_of(cls).link.request(op, value=value).get("value") is True


def _as_told(cls: type) -> type:
    return object if cls in _INSTANCES else cls


def _own_or_asked(own: Callable[[Any, str], Any], standin: Any, name: str, link: Link) -> Any:
    """An attribute between underscores: Python's own, else the student's."""
    try:
        return own(standin, name)
    except AttributeError:
        if name.startswith(_PROBES):
            raise
    return link.attribute(name)


# ---- instances -----------------------------------------------------------------------------------


class StandIn:
    """A student's function, instance, module or generator, living in the worker."""

    __slots__ = ("__hwlib__", "__weakref__")
    __hwlib_class__: ClassFacts

    def __getattribute__(self, name: str) -> Any:
        if _is_pythons(name):
            if name in _ASKED:
                return fact_of(link_of(self), name)
            return _own_or_asked(object.__getattribute__, self, name, link_of(self))
        facts, link = facts_of(type(self)), link_of(self)
        if name in facts.local:
            return object.__getattribute__(self, name)
        if name in facts.methods and name not in link.hidden:
            return StandInMethod(MethodLink(link, name, type(self)))
        try:
            value = link.attribute(name)
        except AttributeError as error:
            link.missing = error
            raise
        if not _may_decide(value) or _is_module(self) or link.session.is_of_course(type(self)):
            return value
        return StandInMethod(MethodLink(link, name, type(self)))

    def __getattr__(self, name: str) -> Any:
        # instead of a library's own, which would look in a place where nothing is
        missing, link_of(self).missing = link_of(self).missing, None
        raise missing or AttributeError(name)

    def __setattr__(self, name: str, value: Any) -> None:
        link_of(self).request("setattr", name=name, value=value)

    def __delattr__(self, name: str) -> None:
        link_of(self).request("delattr", name=name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise link_of(self).session.cannot_check(
            "the test pickles an object of the student's, which never leaves the student's process"
        )

    def __init_subclass__(cls) -> None:
        """Not a library's own, which would run here."""


def _may_decide(value: Any) -> bool:
    """Whether it is a function that an object has as an attribute, in place of a method."""
    return is_standin(value) and callable(value) and not is_class(value)


def _is_module(value: Any) -> bool:
    return isinstance(value, ModuleType)


class StandInMethod(StandIn):
    """A method of a student's object that the worker has not been asked for."""

    __slots__ = ()
    __hwlib_class__ = ClassFacts(Link(None, -1), frozenset(), frozenset())  # type: ignore[arg-type]

    def __init__(self, link: MethodLink) -> None:
        object.__setattr__(self, "__hwlib__", link)

    __class__ = property(lambda self: MethodType)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return link_of(self).call(args, kwargs)

    def __eq__(self, other: object) -> bool:
        return type(other) is StandInMethod and _method_of(self) == _method_of(other)

    def __hash__(self) -> int:
        return hash(_method_of(self))

    def __repr__(self) -> str:
        return f"<bound method {_method_of(self)[1]}>"


def _method_of(standin: StandInMethod) -> tuple[int, str]:
    """Whose method it is, and its name."""
    link = link_of(standin)
    assert isinstance(link, MethodLink)
    return link.owner.number, link.name


class StandInValue:
    """An instance of a student's subclass of a plain type: its content is here, as a copy."""

    __slots__ = ()
    __hwlib_class__: ClassFacts

    def __getattribute__(self, name: str) -> Any:
        link = link_of(self)
        if _is_pythons(name):
            if name in _ASKED:
                return fact_of(link, name)
            return _own_or_asked(object.__getattribute__, self, name, link)
        if name in facts_of(type(self)).methods:
            return StandInMethod(MethodLink(link, name, type(self), self))
        try:
            return object.__getattribute__(self, name)
        except AttributeError:
            return link.attribute(name)

    __setattr__ = StandIn.__setattr__
    __delattr__ = StandIn.__delattr__
    __reduce_ex__ = StandIn.__reduce_ex__

    def __init_subclass__(cls) -> None:
        """Not a library's own, which would run here."""


class StandInError:
    """An exception of a student's own class."""

    __slots__ = ()
    __hwlib_class__: ClassFacts

    def __getattr__(self, name: str) -> Any:
        if _is_pythons(name):
            raise AttributeError(name)
        link = link_of(self)
        if name in facts_of(type(self)).methods:
            return StandInMethod(MethodLink(link, name, type(self)))
        return link.attribute(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if _is_pythons(name) or name in _OF_ERRORS:
            object.__setattr__(self, name, value)
        else:
            link_of(self).request("setattr", name=name, value=value)

    def __str__(self) -> str:
        return str(object.__getattribute__(self, "student_message"))

    def __init_subclass__(cls) -> None:
        """Not a library's own, which would run here."""


_INSTANCES = (StandIn, StandInValue, StandInError)
