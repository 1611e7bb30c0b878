"""Pass on what a test sets for its own process and the student's code must feel: seeds of the
global generators, `torch.no_grad`, settings of NumPy and its like, and that warnings are recorded.
"""

from __future__ import annotations

import builtins
import sys
import warnings
from typing import Any

from hwlib.grading.engines.random_numbers import SEEDED, note_seeds, states_of
from hwlib.grading.sandbox.replaced import library_settings

__all__ = ["Surroundings", "warn"]

MAX_WARNINGS = 100
MAX_MESSAGE = 1000  # characters


class Surroundings:
    """What the worker knows of them."""

    __slots__ = ("_seeds", "_settings", "_show", "_write")

    def __init__(self) -> None:
        note_seeds()
        self._seeds = len(SEEDED)
        self._settings = library_settings()
        # what shows warnings: something else while a test records them
        self._show, self._write = warnings.showwarning, _writes()

    def news(self) -> dict[str, Any]:
        """What is different now: fields of a request."""
        found: dict[str, Any] = {}
        torch = sys.modules.get("torch")
        if torch is not None and not torch.is_grad_enabled():
            found["no_grad"] = True
        settings = library_settings()
        if settings != self._settings:
            before = self._settings
            found["settings"] = {
                name: value for name, value in settings.items() if value != before.get(name, value)
            }
        if warnings.showwarning is not self._show or _writes() is not self._write or _are_errors():
            found["warnings"] = True
        if len(SEEDED) != self._seeds:
            found["seeds"] = states_of(set(SEEDED[self._seeds :]))
            self._seeds = len(SEEDED)
        return found


def _writes() -> Any:
    return getattr(warnings, "_showwarnmsg_impl", None)


def _are_errors() -> bool:
    return bool(warnings.filters) and warnings.filters[0][0] == "error"


def warn(warned: Any) -> None:
    """Warn as the student's code did."""
    if type(warned) is not list:
        return
    for entry in warned[:MAX_WARNINGS]:
        if type(entry) is not list or len(entry) != 2 or type(entry[0]) is not list:
            continue
        category = next(filter(None, map(_category, entry[0])), Warning)
        message = category(str(entry[1])[:MAX_MESSAGE] if type(entry[1]) is str else "")
        if _are_errors():
            raise message
        warnings.showwarning(message, category, "<the student's code>", 1)


def _category(name: Any) -> type[Warning] | None:
    found = getattr(builtins, name, None) if type(name) is str else None
    return found if isinstance(found, type) and issubclass(found, Warning) else None
