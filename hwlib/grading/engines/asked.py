"""What one worker was asked in a run of a test: kept, or answered otherwise than it does.

A run that confirms a test keeps the calls (`Kept`), to find answers that are always the same. Where
a course's tests are tried out, answers are replaced by those of a student who wrote functions that
agree and are wrong (`Colluder`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwlib.grading.engines.answers import are_close, changed_numbers, key_of, numbers_in

__all__ = ["Call", "Colluder", "Kept", "are_all_the_same", "colluders"]

MAX_CALLS = 1000
MAX_NUMBERS = 2**22  # in arguments and answers together
CALLS = frozenset(("call", "call_method"))
_ANSWERS = CALLS | {"getattr", "operate"}

Change = Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]
Asked = tuple[str, dict[str, Any]]  # operation, fields of the request


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function, with copies of all values."""

    args: list[Any]
    kwargs: dict[str, Any]
    answer: Any


@dataclass(slots=True)
class Kept:
    """The calls of one function.

    Attributes
    ----------
    number : int
        That of the function.
    calls : list of Call
    complete : bool
        Whether all that was called or answered is plain, and kept.
    """

    number: int
    calls: list[Call] = field(default_factory=list)
    complete: bool = True
    _numbers: int = 0

    def answered(self, op: str, fields: dict[str, Any], value: Any) -> Any:
        """Keep a call; returns the value."""
        if op != "call" or fields.get("ref") != self.number:
            return value
        call = Call(
            *(changed_numbers(one, np.copy) for one in (fields["args"], fields["kwargs"], value))
        )
        self._numbers += sum(array.size for array in numbers_in([call.args, call.answer]))
        if (
            key_of([call.args, call.kwargs, call.answer]) is None
            or len(self.calls) >= MAX_CALLS
            or self._numbers > MAX_NUMBERS
        ):
            self.complete = False
        else:
            self.calls.append(call)
        return value


def are_all_the_same(calls: Sequence[Call], answers: Sequence[Any]) -> bool:
    """Whether the answers to these calls say nothing: one number or NaN everywhere, or the same
    whatever is asked.

    >>> calls = [Call([1], {}, 0.0), Call([2], {}, 0.0)]
    >>> are_all_the_same(calls, [0.0, 0.0]), are_all_the_same(calls, [0.0, 1.0])
    (True, False)
    """
    arrays = [*numbers_in(list(answers))]
    if sum(array.size for array in arrays) < 2:
        return False
    asked = {key_of([call.args, call.kwargs]) for call in calls}
    if len(asked) > 1 and len({key_of(answer) for answer in answers}) == 1:
        return True
    numbers = np.concatenate([array.astype(complex) for array in arrays])
    return bool((numbers == numbers[0]).all() or np.isnan(numbers).all())


# ---- functions that agree and are wrong ----------------------------------------------------------


def colluders(names: Sequence[str]) -> Iterator[tuple[Colluder, Colluder | None]]:
    """Students whose functions of these names agree and are wrong. With each comes one who is only
    wrong: where a test lets that one pass, it does not judge the function by another.
    """
    yield Colluder(_zero), None
    yield Colluder(_scaled), None
    for name in names:
        yield Colluder(_moved, name), Colluder(_moved, name, repeats=False)


@dataclass(slots=True)
class Colluder:
    """All functions answer with changed numbers, or one does, and each repeats what another one has
    said to the same arguments (`repeats`).
    """

    change: Change
    wrong: str = ""  # the function that is wrong; "": all
    repeats: bool = True
    has_lied: bool = False  # whether it has said anything that is not right
    _said: dict[Hashable, tuple[str, Any]] = field(default_factory=dict)  # arguments → who, what

    def named(self, name: str) -> _Accomplice:
        """Its function of this name."""
        return _Accomplice(self, name)

    def answer(self, name: str, asked: Asked, value: Any) -> Any:
        """What a function says, given what the right one says."""
        said = self._answer(name, asked, value)
        self.has_lied = self.has_lied or not are_close(said, value)
        return said

    def _answer(self, name: str, asked: Asked, value: Any) -> Any:
        op, fields = asked
        if op not in _ANSWERS:
            return value
        if not self.wrong:
            return changed_numbers(value, self.change)
        key = key_of([fields["args"], fields["kwargs"]]) if op in CALLS else None
        before = self._said.get(key) if key is not None else None
        if self.repeats and before is not None and before[0] != name:
            return changed_numbers(before[1], np.copy)
        said = changed_numbers(value, self.change) if name == self.wrong else value
        if key is not None:
            self._said.setdefault(key, (name, changed_numbers(said, np.copy)))
        return said


@dataclass(frozen=True, slots=True)
class _Accomplice:
    colluder: Colluder
    name: str

    def answered(self, op: str, fields: dict[str, Any], value: Any) -> Any:
        """What is said in place of a value."""
        return self.colluder.answer(self.name, (op, fields), value)


def _zero(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.zeros_like(numbers)


def _scaled(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if numbers.dtype.kind == "b":
        return ~numbers
    scaled: np.ndarray[Any, Any] = numbers * (1.5 if numbers.dtype.kind in "fc" else 2)
    return scaled


def _moved(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    moved: np.ndarray[Any, Any] = _scaled(numbers) + (numbers.dtype.kind != "b")
    return moved
