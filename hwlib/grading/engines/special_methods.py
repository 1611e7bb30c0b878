"""The special methods of stand-ins: each asks the worker to do to the student's object what Python
would do to it here, and checks that the answer is what such a method gives.

A comparison with a value of the test's own is another matter: an object of the student's could say
that it is equal to anything. Only the answer of an object without ideas of its own is taken.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from hwlib.errors import CannotCheck, HwlibError, WorkerMisbehaved
from hwlib.grading.engines.mirrors import facts_of, is_standin, link_of
from hwlib.grading.sandbox.operations import MAX_TEXT

__all__ = ["COMPARISONS", "special_method"]

MAX_ITEMS = 100_000  # taken from a student's iterator
MAX_NAMES, MAX_NAME = 1000, 100  # that `dir` gives

COMPARISONS = frozenset(("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"))
_AS_EVERY_OBJECT = {"__eq__": False, "__ne__": True}


def special_method(name: str) -> Callable[..., Any]:
    """The function that a stand-in's class has under this name."""
    if name in COMPARISONS:
        return _named(_comparison(name), name)
    return _named(_OTHERS.get(name) or _forwarded(name), name)


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    return function


def _forwarded(name: str) -> Callable[..., Any]:
    check = _CHECKS.get(name)

    def method(self: Any, *args: Any) -> Any:
        value = link_of(self).operate(name, *args)
        return check(value) if check else value

    return method


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def compare(self: Any, other: Any) -> Any:
        usual = _AS_EVERY_OBJECT.get(name)
        if type(other) is facts_of(type(self)).library:  # whose own idea of equality is trusted
            copy = link_of(self).request("state").get("value")
            return getattr(operator, name.strip("_"))(copy, other)
        answer = link_of(self).operate(name, other)
        if is_standin(other) or (usual is not None and answer is usual):
            return answer
        raise CannotCheck(
            f"the test compares an object of the student's with {type(other).__name__!r}, and only "
            "the student's own code could say whether they are equal; a human decides"
        )

    return compare


# ---- what answers must be ------------------------------------------------------------------------


def _exactly(*kinds: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) not in kinds:
            raise WorkerMisbehaved("an answer of another type than Python asks for")
        return value

    return check


def _text(value: Any) -> str:
    if type(value) is not str:
        raise WorkerMisbehaved("a text that is none")
    if len(value) > MAX_TEXT:
        raise CannotCheck(f"the text of an object is longer than {MAX_TEXT:,} characters")
    return value


def _shown(value: Any) -> str:
    return value[:MAX_TEXT] if type(value) is str else "<an object of the student's>"


def _iterator(value: Any) -> Any:
    if not hasattr(type(value), "__next__"):
        raise WorkerMisbehaved("an iterator that is none")
    return value


def _names(value: Any) -> list[str]:
    if type(value) is not list:
        raise WorkerMisbehaved("names that are none")
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
    "__iter__": _iterator,
    "__dir__": _names,
}


# ---- those with more to do -----------------------------------------------------------------------


def _next(self: Any) -> Any:
    link = link_of(self)
    link.taken += 1
    if link.taken > MAX_ITEMS:
        raise WorkerMisbehaved(f"an iterator with more than {MAX_ITEMS} items")
    reply = link.request("operate", name="__next__", args=[])
    if reply.get("end") is True:
        raise StopIteration(reply.get("value"))
    return link.session.part(reply)


def _exit(self: Any, kind: Any, error: BaseException | None, trace: Any) -> bool:
    """Student code may swallow what it raised or what a test raises on purpose, but neither a check
    that did not hold nor the end of the worker.
    """
    if error is not None and not isinstance(error, Exception):
        return False
    answer = link_of(self).operate("__exit__", *_told(error))
    return bool(answer) and not isinstance(error, (AssertionError, HwlibError))


def _told(error: BaseException | None) -> list[Any]:
    return [] if error is None else [error]


def _array(self: Any, dtype: Any = None, copy: Any = None) -> Any:
    array = link_of(self).operate("__array__")
    if not isinstance(array, np.ndarray):
        raise WorkerMisbehaved("an array that is none")
    return array if dtype is None else array.astype(dtype)


def _deepcopy(self: Any, memo: Any = None) -> Any:
    return link_of(self).operate("__deepcopy__")


def _await(self: Any) -> Any:
    return link_of(self).operate("__await__")
    yield  # makes this a generator, which is what `await` wants


async def _anext(self: Any) -> Any:
    return link_of(self).operate("__anext__")


async def _aenter(self: Any) -> Any:
    return link_of(self).operate("__aenter__")


async def _aexit(self: Any, kind: Any, error: BaseException | None, trace: Any) -> bool:
    if error is not None and not isinstance(error, Exception):
        return False
    answer = link_of(self).operate("__aexit__", *_told(error))
    return bool(answer) and not isinstance(error, (AssertionError, HwlibError))


def _call(self: Any, *args: Any, **kwargs: Any) -> Any:
    return link_of(self).call(args, kwargs)


_OTHERS: dict[str, Callable[..., Any]] = {
    "__next__": _next,
    "__exit__": _exit,
    "__array__": _array,
    "__deepcopy__": _deepcopy,
    "__await__": _await,
    "__anext__": _anext,
    "__aenter__": _aenter,
    "__aexit__": _aexit,
    "__call__": _call,
}
