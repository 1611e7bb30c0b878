"""Reads what otter's notebooks say in YAML, and tells what can't be read."""

from __future__ import annotations

from typing import Any

import yaml

from hwlib.grading.cells import one_line
from hwlib.grading.parts import MOST

__all__ = ["number_in", "points_in", "settings_in"]


def settings_in(text: str) -> tuple[dict[str, Any], str]:
    """The settings of a block of YAML, and what is wrong with it, or "".

    >>> settings_in("points: 2"), settings_in("")
    (({'points': 2}, ''), ({}, ''))
    >>> settings_in("points: : 2")[1]
    'its settings are not valid YAML (mapping values are not allowed here)'
    """
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = one_line(str(getattr(error, "problem", None) or error), 80)
        return {}, f"its settings are not valid YAML ({said})"
    if found is None:
        return {}, ""
    if not isinstance(found, dict):
        return {}, f"its settings are {_short(found)}, where `key: value` is expected"
    return {str(key): value for key, value in found.items()}, ""


def points_in(value: object) -> tuple[Any, str]:
    """Points of a question as otter takes them, and what is wrong with them, or "".

    They are a number, a list of numbers, `{"each": number}`, or None where nothing is said.

    >>> points_in([1, None, "2"]), points_in({"each": 2})
    (([1.0, 0.0, 2.0], ''), ({'each': 2.0}, ''))
    >>> points_in("two")
    (None, "it is worth 'two' points")
    """
    if value is None:
        return None, ""
    if isinstance(value, list):
        found = [number_in(one or 0.0) for one in value]
        if None not in found:
            return found, ""
    elif isinstance(value, dict):
        each = number_in(value.get("each"))
        if each is not None:
            return {"each": each}, ""
    elif (number := number_in(value)) is not None:
        return number, ""
    return None, f"it is worth {_short(value)} points"


def number_in(value: object) -> float | None:
    """A number of points, also one that is written as text; None for what is below 0, too large or
    no number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < MOST else None


def _short(value: object) -> str:
    return one_line(repr(value), 60)
