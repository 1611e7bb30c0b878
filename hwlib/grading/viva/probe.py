"""Watches a student's functions while a visible check runs. A worker gets this file's text.

Nothing here is trusted, because it runs beside student code. It only finds answers for a talk.
"""

import contextlib
import copy
import math
import sys
from typing import Any

MAX_EVENTS, MAX_CALLS = 4000, 3

_hw_seen: dict[str, Any] = {}  # filled by _hw_watch: plain values only


def _hw_shown(value: Any) -> list[str]:
    """Kind and text of a value: the shape of an array, or the value itself if it is short."""
    shape: Any = getattr(value, "shape", None)
    if isinstance(shape, tuple) or hasattr(shape, "numel"):
        if tuple(shape):
            return ["shape", str(tuple(int(size) for size in shape))]
        return ["value", f"{value!r:.80}"]
    if isinstance(value, (bool, int, float, complex, str, type(None))):
        return ["value", f"{value!r:.80}"]
    if isinstance(value, (list, tuple, set, dict)):
        text = repr(value) if len(value) <= 8 else ""
        if text and len(text) <= 80:
            return ["value", text]
        return ["length", str(len(value))]
    return ["type", type(value).__name__]


def _hw_returned(value: Any) -> list[str]:
    """The same for what a function returns: of a small array the values, too."""
    kind, text = _hw_shown(value)
    if kind == "shape" and math.prod(value.shape) <= 12:
        with contextlib.suppress(Exception):  # what only looks like an array
            listed = str(value.round(decimals=4).tolist())
            if len(listed) <= 60:
                return ["value", f"{listed}, as an array of shape {text}"]
    return [kind, text]


def _hw_vary(value: Any) -> Any:
    """Another value of the same kind; the same where no other is sure to be right."""
    if type(value) is int:
        return value + 1
    if type(value) is float:
        return value / 2 + 1
    if type(value) in (list, tuple):
        return type(value)(_hw_vary(one) for one in value)
    if type(value).__name__ == "ndarray" and value.size:
        return value[::-1].copy()
    return value


def _hw_watch(source: str, wanted: dict[str, dict[int, list[str]]], functions: list[str]) -> None:
    """Run a check and note what its lines make and what functions return.

    `wanted`: function → line → names that the line assigns. `functions`: those that are called once
    more, with other values.
    """
    lines: dict[str, Any] = {}
    calls: list[tuple[str, list[Any]]] = []
    events = [0]

    def trace(frame: Any, event: str, arg: Any) -> Any:
        name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
        if event != "call" or name not in wanted or events[0] > MAX_EVENTS:
            return None
        if name in functions and len([one for one in calls if one[0] == name]) < MAX_CALLS:
            names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
            with contextlib.suppress(Exception):  # some objects can't be copied
                calls.append((name, copy.deepcopy([frame.f_locals[one] for one in names])))
        before = [0]

        def local(frame: Any, event: str, arg: Any) -> Any:
            events[0] += 1
            for one in wanted[name].get(before[0], ()):
                if one in frame.f_locals:
                    lines.setdefault(name, {}).setdefault(str(before[0]), {}).setdefault(
                        one, _hw_shown(frame.f_locals[one])
                    )
            before[0] = frame.f_lineno if event == "line" else 0
            return local if events[0] <= MAX_EVENTS else None

        return local

    error = ""
    code = compile(source, "<check>", "exec")
    sys.settrace(trace)
    try:
        exec(code, globals())  # the text of a visible check, in the student's namespace
    except BaseException as raised:  # noqa: BLE001  whatever student code raises
        error = f"{type(raised).__name__}: {raised}"[:300]
    finally:
        sys.settrace(None)
    returned = []
    for name, args in calls:
        for values in ([_hw_vary(one) for one in args], args):
            try:
                shown = [f"{one!r}" for one in values]
                told = _hw_returned(globals()[name](*copy.deepcopy(values)))
            except BaseException:  # noqa: BLE001  the other values may be impossible
                continue
            if sum(map(len, shown)) <= 160:
                returned.append([name, ", ".join(shown), *told])
                break
    _hw_seen.clear()
    _hw_seen.update({"lines": lines, "returned": returned, "error": error})
