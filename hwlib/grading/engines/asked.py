"""What one worker was asked in a run of a test: kept, or answered otherwise than it does.

A run that confirms a test keeps the calls (`Kept`), to find answers that are always the same. Where
a course's tests are tried out, answers are replaced by those of a student who wrote functions that
agree and are wrong (`Colluder`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from hwlib.grading.engines.answers import are_close, changed_numbers, key_of, numbers_in

__all__ = ["Call", "Colluder", "Kept", "are_all_the_same", "colluders"]

MAX_CALLS = 1000
MAX_NUMBERS = 2**22  # in arguments and answers together
CALLS = frozenset(("call", "call_method"))
_ANSWERS = CALLS | {"getattr", "operate"}

Numbers = np.ndarray[Any, Any]
Change = Callable[[Any], Any]  # of an answer
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


def colluders(names: Sequence[str]) -> Iterator[tuple[Colluder, Colluder]]:
    """Students whose functions of these names agree and are wrong. With each comes one whose
    functions are wrong and do not agree: what a test lets that one pass, too, it does not find out
    by comparing.
    """
    for change in (_constant, _scaled, _longer):
        agreed = {name: partial(change, by=1) for name in names}
        apart = {name: partial(change, by=number) for number, name in enumerate(names, 1)}
        yield Colluder(agreed), Colluder(apart)
    for name in names:
        yield Colluder({name: _moved}, repeats=True), Colluder({name: _moved})


@dataclass(slots=True)
class Colluder:
    """Functions answer with changed values. With `repeats`, each says what another one has said to
    the same arguments.

    Attributes
    ----------
    has_lied : bool
        Whether it has said anything that is not right.
    has_repeated : bool
        Whether a function has said what another one did. Without that, it is wrong in the same way
        with `repeats` and without.
    """

    changes: Mapping[str, Change]  # name of a function → what becomes of its answers
    repeats: bool = False
    has_lied: bool = False
    has_repeated: bool = False
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
        said = self.changes[name](value) if name in self.changes else value
        if not self.repeats or op not in CALLS:
            return said
        key = key_of([fields["args"], fields["kwargs"]])
        if key is None:
            return said
        before = self._said.setdefault(key, (name, changed_numbers(said, np.copy)))
        if before[0] == name:
            return said
        self.has_repeated = True
        return changed_numbers(before[1], np.copy)

    @property
    def agrees(self) -> bool:
        """Whether its functions have said something wrong in the same way."""
        return self.has_lied and (self.has_repeated or not self.repeats)


@dataclass(frozen=True, slots=True)
class _Accomplice:
    colluder: Colluder
    name: str

    def answered(self, op: str, fields: dict[str, Any], value: Any) -> Any:
        """What is said in place of a value."""
        return self.colluder.answer(self.name, (op, fields), value)


# ---- what becomes of an answer; `by` makes them differ -------------------------------------------


def _constant(value: Any, by: int) -> Any:
    return changed_numbers(value, lambda numbers: np.full_like(numbers, by - 1))


def _scaled(value: Any, by: int) -> Any:
    return changed_numbers(value, lambda numbers: _times(numbers, by))


def _moved(value: Any) -> Any:
    return changed_numbers(value, lambda numbers: _times(numbers, 1) + (numbers.dtype.kind != "b"))


def _longer(value: Any, by: int) -> Any:
    """Arrays and lists of another length; numbers alone stay what they are."""
    kind = type(value)
    if kind is list:
        return [changed_numbers(part, np.copy) for part in value * (by + 1)]
    if kind is tuple:
        return tuple(_longer(part, by) for part in value)
    if kind is dict:
        return {key: _longer(part, by) for key, part in value.items()}
    return changed_numbers(
        value, lambda numbers: np.repeat(numbers, by + 1, axis=0) if numbers.ndim else numbers
    )


def _times(numbers: Numbers, by: int) -> Numbers:
    if numbers.dtype.kind == "b":
        return ~numbers if by % 2 else numbers
    return np.asarray(numbers * (1.5 if numbers.dtype.kind in "fc" else 2) ** by)
