"""Turn what student code raised into an exception that a test can catch by its built-in type.

Such an exception is also a `StudentRaised`, so that the grader knows whose it is. Only names of
built-in exceptions are looked up; classes of the student's own are in `student_classes`.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from hwlib.errors import StudentRaised, WorkerMisbehaved

__all__ = ["builtin_exception", "never_ending", "raisable", "student_error"]

MAX_CAUSES = 4  # exceptions that led to one another
MAX_MESSAGE = 600
MAX_NOTES = 20

_CLASSES: dict[str, type[StudentRaised]] = {"Exception": StudentRaised}


def builtin_exception(name: object) -> type[Exception] | None:
    """The built-in exception of this name; SystemExit and KeyboardInterrupt do not count."""
    found = getattr(builtins, name, None) if type(name) is str else None
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def raisable(name: str) -> type[StudentRaised]:
    """A StudentRaised that is also the built-in exception `name`."""
    builtin = builtin_exception(name)
    if builtin is None or issubclass(builtin, BaseExceptionGroup):
        return StudentRaised
    if name not in _CLASSES:
        shown = property(lambda self: builtin)
        namespace = {"__class__": shown, "__qualname__": name, "__module__": "builtins"}
        _CLASSES[name] = type(name, (builtin, StudentRaised), namespace)
    return _CLASSES[name]


def student_error(
    told: Any, callback: Callable[[Any], BaseException | None], causes: int = MAX_CAUSES
) -> BaseException:
    """The exception that a worker tells of.

    Parameters
    ----------
    told : what the worker sent
    callback : callable
        Returns the exception that a function of the test raised, by its number.
    causes : int
        How many exceptions that led to this one are told of, too.
    """
    if not isinstance(told, dict) or not isinstance(told.get("bases"), list):
        return WorkerMisbehaved("a malformed error")
    own = callback(told["callback"]) if "callback" in told else None
    if own is not None:
        return own
    raised = told.get("exception")
    if not isinstance(raised, StudentRaised):
        raised = _made(told)
    raised.student_type = _text(told, "type", 100)
    raised.student_message = _text(told, "message")
    trace = told.get("trace")
    raised.trace = tuple(str(line)[:300] for line in trace[-5:]) if isinstance(trace, list) else ()
    notes = told.get("notes")
    for note in notes[:MAX_NOTES] if isinstance(notes, list) else ():
        raised.add_note(str(note)[:MAX_MESSAGE])
    if causes and isinstance(told.get("cause"), dict):
        raised.__cause__ = student_error(told["cause"], callback, causes - 1)
    return raised


def never_ending(raised: StopIteration) -> StudentRaised:
    """What a student's function raised, as an error that ends no loop: `all(map(f, values))` would
    pass where `f` raises StopIteration. Python does the same with generators (PEP 479).
    """
    error = raisable("RuntimeError")(*raised.args)
    for name in ("student_type", "student_message", "trace", "__notes__", "__cause__"):
        if hasattr(raised, name):
            setattr(error, name, getattr(raised, name))
    return error


def _text(told: dict[str, Any], key: str, limit: int = MAX_MESSAGE) -> str:
    return str(told.get(key))[:limit]


def _made(told: dict[str, Any]) -> StudentRaised:
    name = next((base for base in told["bases"] if builtin_exception(base)), "Exception")
    cls, message = raisable(name), _text(told, "message")
    args = told.get("args")
    try:
        raised = cls(*(args if isinstance(args, list) else [message]))
    except TypeError:  # UnicodeDecodeError and its like want other arguments
        raised = StudentRaised(message)
    return raised
