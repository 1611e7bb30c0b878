"""Serve a student's code with functions and iterators of the test, and with lines for `input`."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from importlib import import_module
from types import BuiltinFunctionType, FunctionType, MethodType, MethodWrapperType
from typing import Any

from hwlib.errors import WireError, WorkerLost
from hwlib.grading.engines.student_errors import builtin_exception
from hwlib.grading.sandbox.changes import Snapshot

__all__ = ["Callbacks", "importable"]

NEW = 3  # references to a result: of `answer`, of its message, of getrefcount
MAX_DOC = 2000  # characters
MAX_RAISED = 1000  # exceptions of the test's functions that are kept

_FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType, MethodWrapperType, type)
"""Types of what is for calling only. Other objects that can be called have attributes."""
_console = builtins.input


class Callbacks:
    """The test's functions by number, and what they raised."""

    def __init__(self) -> None:
        self._functions: list[Callable[..., Any]] = []
        self._numbers: dict[int, int] = {}  # id of a function → its number
        self._raised: dict[int, BaseException] = {}
        self._count = 0  # of what was raised

    def pack(self, function: Any) -> dict[str, Any]:
        """A function as the worker gets it."""
        name, doc = getattr(function, "__name__", "function"), getattr(function, "__doc__", None)
        is_function = isinstance(function, _FUNCTIONS)
        return {
            "t": "callback",
            "id": self._number(function),
            "n": str(name if is_function else type(function).__name__)[:100],
            "d": doc[:MAX_DOC] if isinstance(doc, str) else None,
            **({} if is_function else {"o": True}),
        }

    def pack_iterator(self, iterator: Any) -> dict[str, Any]:
        """An iterator: the worker asks for one item after the other."""
        return {"t": "iterator", "id": self._number(iterator.__next__)}

    def _number(self, function: Any) -> int:
        if id(function) not in self._numbers:
            self._numbers[id(function)] = len(self._functions)
            self._functions.append(function)
        return self._numbers[id(function)]

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Call what the worker wants called, or give it a line; returns the message to send."""
        function, args, kwargs = self._asked(question)
        given = [*args, *kwargs.values()]
        before = Snapshot(given)
        try:
            result = function(*args, **kwargs)
            changed = before.contents()
            answer = {"result": result, "changed": changed} if changed else {"result": result}
            return answer | ({"kept": True} if sys.getrefcount(result) > NEW else {})
        except (WorkerLost, KeyboardInterrupt):
            raise
        # what the instructor's function raises goes to the student's code
        except BaseException as error:  # noqa: BLE001
            return {"raised": self.told(error)}

    def _asked(
        self, question: dict[str, Any]
    ) -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
        """(function, args, kwargs), checked."""
        if "input" in question:
            return _typed, [question["input"]], {}
        number, args, kwargs = (question.get(key) for key in ("callback", "args", "kwargs"))
        if (
            type(number) is not int
            or not 0 <= number < len(self._functions)
            or type(args) is not list
            or type(kwargs) is not dict
            or not all(type(name) is str for name in kwargs)
        ):
            raise WireError("a call of a function that was not passed")
        return self._functions[number], args, kwargs

    def told(self, error: BaseException) -> dict[str, Any]:
        """An exception of the test's as the worker gets it.

        Its number is None if a call did not fit a function: that is the student's mistake.
        """
        number = None if _does_not_fit(error) else self._count
        if number is not None:
            self._raised[number] = error
            self._raised.pop(number - MAX_RAISED, None)  # student code may call without end
            self._count += 1
        names = (cls.__name__ for cls in type(error).__mro__)
        name = next((name for name in names if builtin_exception(name)), "RuntimeError")
        args = [one if type(one) in (int, float, str, bool) else str(one) for one in error.args]
        return {"type": name, "args": args, "number": number}

    def raised(self, number: Any) -> BaseException | None:
        """What a function of the test raised, by its number."""
        return self._raised.get(number) if type(number) is int else None


def _does_not_fit(error: BaseException) -> bool:
    """Whether a function was called with other arguments than it takes, so that none of its lines
    was run.
    """
    trace = error.__traceback__
    return type(error) is TypeError and (trace is None or trace.tb_next is None)


def _typed(prompt: Any) -> str | None:
    """The line that the test gives to `input`, or None if it does not replace `input`."""
    prompt = prompt if type(prompt) is str else ""
    if builtins.input is not _console:
        return str(builtins.input(prompt))
    return _console(prompt) if sys.stdin is not sys.__stdin__ else None


def importable(value: Any) -> tuple[str, str] | None:
    """(module, name) of a function, type or module of a library, which the worker can import
    itself.
    """
    name = getattr(value, "__qualname__", getattr(value, "__name__", None))
    module = getattr(value, "__module__", None)
    if type(value).__name__ == "module":
        return (value.__name__, "") if not value.__name__.startswith("hwlib.grading") else None
    if (
        not isinstance(name, str)
        or not isinstance(module, str)
        or module == "__main__"
        or module.startswith("hwlib.grading")
    ):
        return None
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError):
        return None
    return (module, name) if found is value else None
