"""Do to a student's object what Python's special methods do, when the grader asks for it.

The keys are the only special methods that a stand-in has; each is there if the class of the
student's object has it.
"""

from __future__ import annotations

import asyncio
import copy
import math
import operator
import os
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import numpy as np

__all__ = ["BINARY", "MAX_TEXT", "OPERATIONS"]

MAX_TEXT = 1_000_000  # characters of a text that str, repr or format give

BINARY = [
    "add",
    "sub",
    "mul",
    "matmul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "lshift",
    "rshift",
    "and_",
    "or_",
    "xor",
]


def _cut(make: Callable[..., str]) -> Callable[..., str]:
    return lambda *args: make(*args)[:MAX_TEXT]


def _swapped(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda right, left: function(left, right)


def _special(name: str) -> Callable[..., Any]:
    return lambda value, *args: getattr(type(value), name)(value, *args)


def _exit(value: Any, error: BaseException | None = None) -> Any:
    return type(value).__exit__(value, None if error is None else type(error), error, None)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One loop for all calls: what belongs to it is used in the next call, too."""
    return asyncio.new_event_loop()


def _run_to_end(awaitable: Awaitable[Any]) -> Any:
    """What a coroutine returns when it has run."""

    async def run() -> Any:
        return await awaitable

    return _loop().run_until_complete(run())


def _leave(value: Any, error: BaseException | None = None) -> Any:
    kind = None if error is None else type(error)
    return _run_to_end(type(value).__aexit__(value, kind, error, None))


def _power(value: Any, exponent: Any, modulus: Any = None) -> Any:
    return pow(value, exponent) if modulus is None else pow(value, exponent, modulus)


OPERATIONS: dict[str, Callable[..., Any]] = {
    # a container, an iterator
    "__len__": len,
    "__iter__": iter,
    "__next__": next,
    "__reversed__": reversed,
    "__contains__": operator.contains,
    "__getitem__": operator.getitem,
    "__setitem__": operator.setitem,
    "__delitem__": operator.delitem,
    # a text, a number, a truth value
    "__str__": _cut(str),
    "__repr__": _cut(repr),
    "__format__": _cut(format),
    "__bytes__": bytes,
    "__fspath__": os.fspath,
    "__hash__": hash,
    "__bool__": bool,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__index__": operator.index,
    "__array__": lambda value, *_: np.asarray(value),
    "__round__": round,
    "__trunc__": math.trunc,
    "__floor__": math.floor,
    "__ceil__": math.ceil,
    "__abs__": abs,
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__invert__": operator.invert,
    # comparisons
    **{f"__{name}__": getattr(operator, name) for name in ["eq", "ne", "lt", "le", "gt", "ge"]},
    # arithmetic
    **{f"__{name.strip('_')}__": getattr(operator, name) for name in BINARY},
    **{f"__r{name.strip('_')}__": _swapped(getattr(operator, name)) for name in BINARY},
    **{f"__i{name.strip('_')}__": getattr(operator, f"i{name.strip('_')}") for name in BINARY},
    "__pow__": _power,
    "__divmod__": divmod,
    "__rdivmod__": _swapped(divmod),
    # a context, a call, a copy
    "__enter__": _special("__enter__"),
    "__exit__": _exit,
    "__call__": lambda value, *args: value(*args),
    "__dir__": dir,
    "__copy__": copy.copy,
    "__deepcopy__": copy.deepcopy,
    "__missing__": _special("__missing__"),
    # what is awaited is run to its end
    "__await__": _run_to_end,
    "__aiter__": aiter,
    "__anext__": lambda value: _run_to_end(anext(value)),
    "__aenter__": lambda value: _run_to_end(type(value).__aenter__(value)),
    "__aexit__": _leave,
}
