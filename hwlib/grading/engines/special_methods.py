"""Make the special methods of stand-ins: each asks the worker to do to the student's object what
Python would do to it here, and checks the type of the answer.

An object of the student's must not decide whether it equals a value of the test's own: it could say
that it is equal to anything, or that its difference to anything is 0. So only some answers to such
a comparison or calculation are taken. For all others a human decides.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from hwlib.errors import CannotCheck, HwlibError, WorkerMisbehaved
from hwlib.grading.engines.items import Items
from hwlib.grading.engines.links import MethodLink
from hwlib.grading.engines.mirrors import facts_of, is_standin, link_of
from hwlib.grading.engines.readings import READING
from hwlib.grading.sandbox.operations import BINARY, MAX_TEXT

__all__ = ["COMPARISONS", "special_method"]

MAX_NAMES, MAX_NAME = 1000, 100  # that `dir` returns

COMPARISONS = frozenset(("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"))
_AS_EVERY_OBJECT = {"__eq__": False, "__ne__": True}
_ARITHMETIC = frozenset(
    f"__{kind}{name}__" for name in (*BINARY, "divmod") for kind in ("", "r", "i")
)
_CONTAINERS = (list, tuple, dict, set, frozenset, str, bytes)
_DIFFERENCES = frozenset(f"__{kind}{name}__" for name in ("sub", "xor") for kind in ("", "r", "i"))


def special_method(name: str) -> Callable[..., Any]:
    """The function that a stand-in's class has under this name."""
    if name in COMPARISONS:
        return _named(_comparison(name), name)
    if name in _ARITHMETIC:
        return _named(_calculation(name), name)
    return _named(_OTHERS.get(name) or _forwarded(name), name)


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    return function


def _forwarded(name: str) -> Callable[..., Any]:
    check = _CHECKS.get(name)

    def method(self: Any, *args: Any) -> Any:
        link = link_of(self)
        value = link.operate(name, *args)
        value = check(value) if check else value
        return link.session.read(self, name, args, value) if name in READING else value

    return method


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def compare(self: Any, other: Any) -> Any:
        library, link = facts_of(type(self)).library, link_of(self)
        if library is not None and type(other) is library:  # the course's own idea of equality
            copy = link.request("state").get("value")
            if type(copy) is not library:
                raise WorkerMisbehaved("a copy of another class")
            return getattr(operator, name.strip("_"))(copy, other)
        answer = link.operate(name, other)
        usual = _AS_EVERY_OBJECT.get(name)
        if is_standin(other) or (usual is not None and answer is usual):
            return answer
        raise _undecided(self, "compares", other)

    return compare


def _calculation(name: str) -> Callable[..., Any]:
    """Arithmetic with a value of the test's own makes another object of the student's, as in
    `2 * vector`. A number would be the student's own idea of how far the two are apart.
    """

    def calculate(self: Any, other: Any, *modulus: Any) -> Any:
        if is_standin(other):
            return link_of(self).operate(name, other, *modulus)
        if name in _DIFFERENCES:
            raise _undecided(self, "subtracts", other)
        value = link_of(self).operate(name, other, *modulus)
        if not is_standin(value) and value is not NotImplemented:
            raise _undecided(self, "calculates", other)
        return value

    return calculate


def _undecided(self: Any, does: str, other: Any) -> CannotCheck:
    return link_of(self).session.cannot_check(
        f"the test {does} with an object of the student's and {type(other).__name__!r}, and only "
        "the student's own code could say what comes of it"
    )


# ---- what answers must be ------------------------------------------------------------------------


def _exactly(*kinds: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) not in kinds:
            raise WorkerMisbehaved("an answer of another type than Python asks for")
        return value

    return check


def _text(value: Any) -> str:
    if type(value) is not str:
        raise WorkerMisbehaved("a text of another type")
    return value[:MAX_TEXT]


def _shown(value: Any) -> str:
    return value[:MAX_TEXT] if type(value) is str else "<an object of the student's>"


def _iterator(value: Any) -> Any:
    if not hasattr(type(value), "__next__"):
        raise WorkerMisbehaved("an iterator without __next__")
    return value


def _names(value: Any) -> list[str]:
    if type(value) is not list:
        raise WorkerMisbehaved("names of another type")
    return [name for name in value if type(name) is str and len(name) <= MAX_NAME][:MAX_NAMES]


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "__len__": _exactly(int),
    "__hash__": _exactly(int),
    "__index__": _exactly(int),
    "__int__": _exactly(int),
    "__bool__": _exactly(bool),
    "__contains__": _exactly(bool),
    "__float__": _exactly(float),
    "__complex__": _exactly(complex),
    "__bytes__": _exactly(bytes),
    "__fspath__": _exactly(str, bytes),
    "__str__": _text,
    "__format__": _text,
    "__repr__": _shown,
    "__dir__": _names,
}


# ---- those with more to do -----------------------------------------------------------------------


def _iter(self: Any) -> Any:
    cls = type(self)
    is_generator = (cls.__module__, cls.__qualname__) == ("builtins", "generator")
    return _iterator(self if is_generator else link_of(self).operate("__iter__"))


def _next(self: Any) -> Any:
    link = link_of(self)
    link.items = link.items or Items()
    reply = link.items.next(link)
    if reply.get("end") is True:
        raise StopIteration(reply.get("value"))
    return link.session.part(reply)


async def _anext(self: Any) -> Any:
    link = link_of(self)
    link.items = link.items or Items()
    reply = link.items.next(link, "__anext__")
    if reply.get("end") is True:
        raise StopAsyncIteration
    return link.session.part(reply)


def _aiter(self: Any) -> Any:
    value = link_of(self).operate("__aiter__")
    if not hasattr(type(value), "__anext__"):
        raise WorkerMisbehaved("an asynchronous iterator without __anext__")
    return value


async def _aenter(self: Any) -> Any:
    return link_of(self).operate("__aenter__")


async def _aexit(self: Any, kind: Any, error: BaseException | None, trace: Any) -> bool:
    return _left(self, "__aexit__", error)


def _exit(self: Any, kind: Any, error: BaseException | None, trace: Any) -> bool:
    return _left(self, "__exit__", error)


def _left(self: Any, name: str, error: BaseException | None) -> bool:
    """A student's `__exit__` must not swallow what a test raises: a check that did not hold."""
    if error is not None and not isinstance(error, Exception):
        return False
    if isinstance(error, (AssertionError, HwlibError)):
        error = AssertionError()  # whose text may say what the test expects
    answer = link_of(self).operate(name, *([] if error is None else [error]))
    if error is not None and answer is not None and answer is not False:
        raise link_of(self).session.cannot_check(
            "the student's `with` swallows what is raised in it, maybe a check of the test"
        )
    return False


def _array(self: Any, dtype: Any = None, copy: Any = None) -> Any:
    array = link_of(self).operate("__array__")
    if not isinstance(array, np.ndarray):
        raise WorkerMisbehaved("an array of another type")
    array = link_of(self).session.read(self, "__array__", (), array)
    return array if dtype is None else array.astype(dtype)


def _deepcopy(self: Any, memo: Any = None) -> Any:
    return link_of(self).operate("__deepcopy__")


def _await(self: Any) -> Any:
    return link_of(self).operate("__await__")
    yield  # makes this a generator, as `await` requires


_as_it_says = _forwarded("__contains__")


def _contains(self: Any, item: Any) -> bool:
    """Whether an item of the test's own is in it: the object's word, as with `==`, unless it is an
    instance of a container of Python's, whose content is here.
    """
    found: bool = _as_it_says(self, item)
    if found and not is_standin(item) and not isinstance(self, _CONTAINERS):
        link_of(self).session.believe(type(self), "__contains__")
    return found


def _missing(self: Any, key: Any) -> Any:
    """The value of a missing key: the entry itself, if the student's code has made one."""
    method = MethodLink(link_of(self), "__missing__", type(self), self)
    value = method.call((key,), {})
    value = link_of(self).session.read(self, "__missing__", (key,), value)
    entry = dict.get(self, key)
    return entry if type(entry) is type(value) else value


def _call(self: Any, *args: Any, **kwargs: Any) -> Any:
    return link_of(self).call(args, kwargs)


_OTHERS: dict[str, Callable[..., Any]] = {
    "__iter__": _iter,
    "__next__": _next,
    "__exit__": _exit,
    "__anext__": _anext,
    "__aiter__": _aiter,
    "__aenter__": _aenter,
    "__aexit__": _aexit,
    "__missing__": _missing,
    "__array__": _array,
    "__contains__": _contains,
    "__deepcopy__": _deepcopy,
    "__await__": _await,
    "__call__": _call,
}
