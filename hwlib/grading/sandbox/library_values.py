"""Write values of the standard library as plain data: dates, exact numbers, collections, types.

Only exact types keep their type. Types and dtypes cross as names, which are looked up in the tables
below and nowhere else.
"""

from __future__ import annotations

import builtins
import re
from array import array
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from hwlib.errors import Unsendable, WireError
from hwlib.grading.sandbox.arrays import is_plain_dtype
from hwlib.grading.sandbox.codec import Decoder, Encode, Encoder, Unpack

__all__ = ["DECODERS", "ENCODERS", "NAMES"]

T = TypeVar("T")

MAX_EXPONENT = 10_000  # of a Decimal: int() of a larger one takes for ever
MAX_LENGTH = 2**31 - 1  # of a deque
MAX_ITEM = 2**20  # bytes of one item of a dtype: a test may make an array of that dtype
_TYPECODES = "bBhHiIlLqQfd"  # of array.array

_NUMPY = (
    "bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 "
    "complex64 complex128 str_ bytes_ datetime64 timedelta64 ndarray dtype generic number "
    "integer floating"
)
_CLASSES: tuple[type, ...] = (Counter, OrderedDict, defaultdict, deque, Decimal, Fraction)
_CLASSES += (array, date, datetime, time, timedelta)
_KNOWN_TYPES: dict[str, type] = {
    **{
        name: value
        for name, value in vars(builtins).items()
        if isinstance(value, type) and not name.startswith("_")
    },
    "NoneType": type(None),
    **{f"numpy.{name}": getattr(np, name) for name in _NUMPY.split()},
    **{f"{cls.__module__}.{cls.__qualname__}": cls for cls in _CLASSES},
}
"""Name → the types that cross as themselves."""

NAMES = {cls: name for name, cls in _KNOWN_TYPES.items()}


def _type(value: type, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    return {"t": "type", "n": NAMES[value]} if value in NAMES else None


def _read_type(data: dict[str, Any], decoder: Decoder, depth: int) -> type:
    name = decoder.text(data, "n", 100)
    if name not in _KNOWN_TYPES:
        raise WireError("a type that is not known")
    return _KNOWN_TYPES[name]


def _dtype(value: np.dtype[Any], encoder: Encoder, depth: int) -> dict[str, Any] | None:
    if value.kind in "OU":
        return {"t": "dtype", "d": value.str}
    return {"t": "dtype", "d": value.str} if is_plain_dtype(value.str) else None


def _read_dtype(data: dict[str, Any], decoder: Decoder, depth: int) -> np.dtype[Any]:
    text = decoder.text(data, "d", 40)
    if not is_plain_dtype(text) and not re.fullmatch(r"\|O|[<>]U\d{1,8}", text):
        raise WireError("a dtype that is not plain")
    dtype = np.dtype(text)
    if dtype.itemsize > MAX_ITEM:
        raise WireError("a dtype of texts that are too long")
    return dtype


# ---- dates ---------------------------------------------------------------------------------------


def _date(value: date, encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": "date", "v": [value.year, value.month, value.day]}


def _read_date(data: dict[str, Any], decoder: Decoder, depth: int) -> date:
    return _made(date, decoder.items(data, depth, 3))


def _datetime(value: datetime, encoder: Encoder, depth: int) -> dict[str, Any]:
    parts = [value.year, value.month, value.day, value.hour, value.minute]
    parts += [value.second, value.microsecond]
    return {"t": "datetime", "v": parts, "f": value.fold, "z": encoder.part(value.tzinfo, depth)}


def _read_datetime(data: dict[str, Any], decoder: Decoder, depth: int) -> datetime:
    return _made(datetime, decoder.items(data, depth, 7), **_place(data, decoder, depth))


def _time(value: time, encoder: Encoder, depth: int) -> dict[str, Any]:
    parts = [value.hour, value.minute, value.second, value.microsecond]
    return {"t": "time", "v": parts, "f": value.fold, "z": encoder.part(value.tzinfo, depth)}


def _read_time(data: dict[str, Any], decoder: Decoder, depth: int) -> time:
    return _made(time, decoder.items(data, depth, 4), **_place(data, decoder, depth))


def _place(data: dict[str, Any], decoder: Decoder, depth: int) -> dict[str, Any]:
    zone = decoder.part(data.get("z"), depth)
    if zone is not None and type(zone) is not timezone:
        raise WireError("a time in an unknown zone")
    return {"tzinfo": zone, "fold": decoder.whole(data, "f", 0, 1)}


def _timedelta(value: timedelta, encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": "timedelta", "v": [value.days, value.seconds, value.microseconds]}


def _read_timedelta(data: dict[str, Any], decoder: Decoder, depth: int) -> timedelta:
    return _made(timedelta, decoder.items(data, depth, 3))


def _timezone(value: timezone, encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": "timezone", "v": encoder.part(value.utcoffset(None), depth)}


def _read_timezone(data: dict[str, Any], decoder: Decoder, depth: int) -> timezone:
    offset = decoder.part(data.get("v"), depth)
    if type(offset) is not timedelta:
        raise WireError("a time zone without an offset")
    return UTC if not offset else _made(timezone, [offset])


def _made(kind: Callable[..., T], parts: list[Any], **named: Any) -> T:
    """`kind(*parts)` of integers, or of what was checked before."""
    if not all(type(part) in (int, timedelta) for part in parts):
        raise WireError("a value that is not made of integers")
    try:
        return kind(*parts, **named)
    except (ValueError, OverflowError, TypeError, ZeroDivisionError) as error:
        raise WireError(f"not a value that a {kind} can have") from error


# ---- exact numbers -------------------------------------------------------------------------------


def _fraction(value: Fraction, encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": "fraction", "v": encoder.items((value.numerator, value.denominator), depth)}


def _read_fraction(data: dict[str, Any], decoder: Decoder, depth: int) -> Fraction:
    return _made(Fraction, decoder.items(data, depth, 2))


def _decimal(value: Decimal, encoder: Encoder, depth: int) -> dict[str, Any]:
    text = str(value)
    if len(text) > MAX_EXPONENT or (value.is_finite() and abs(value.adjusted()) > MAX_EXPONENT):
        raise Unsendable("a Decimal of that size can't be sent")
    return {"t": "decimal", "v": text}


def _read_decimal(data: dict[str, Any], decoder: Decoder, depth: int) -> Decimal:
    try:
        value = Decimal(decoder.text(data, "v", MAX_EXPONENT))
    except ArithmeticError as error:
        raise WireError("not a Decimal") from error
    if value.is_finite() and abs(value.adjusted()) > MAX_EXPONENT:
        raise WireError("a Decimal that is too large")
    return value


# ---- collections ---------------------------------------------------------------------------------


def _deque(value: deque[Any], encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": "deque", "v": encoder.items(value, depth), "m": value.maxlen}


def _read_deque(data: dict[str, Any], decoder: Decoder, depth: int) -> deque[Any]:
    limit = None if data.get("m") is None else decoder.whole(data, "m", 0, MAX_LENGTH)
    return deque(decoder.items(data, depth), limit)


def _mapping(value: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
    return {"t": type(value).__name__, "v": encoder.pairs(value, depth)}


def _read_counter(data: dict[str, Any], decoder: Decoder, depth: int) -> Counter[Any]:
    counter = Counter[Any]()
    dict.update(counter, decoder.pairs(data, depth))  # counts need not be numbers
    return counter


def _read_ordered(data: dict[str, Any], decoder: Decoder, depth: int) -> OrderedDict[Any, Any]:
    return OrderedDict(decoder.pairs(data, depth))


def _defaultdict(value: defaultdict[Any, Any], encoder: Encoder, depth: int) -> dict[str, Any]:
    factory = encoder.part(value.default_factory, depth)
    return {"t": "defaultdict", "f": factory, "v": encoder.pairs(value, depth)}


def _read_defaultdict(data: dict[str, Any], decoder: Decoder, depth: int) -> defaultdict[Any, Any]:
    factory = decoder.part(data.get("f"), depth)
    if factory is not None and not callable(factory):
        raise WireError("a defaultdict whose factory can't be called")
    return defaultdict(factory, decoder.pairs(data, depth))


def _array(value: array[Any], encoder: Encoder, depth: int) -> dict[str, Any] | None:
    if value.typecode not in _TYPECODES:
        return None
    return {"t": "typed", "c": value.typecode, "b": encoder.buffer(value.tobytes())}


def _read_typed(data: dict[str, Any], decoder: Decoder, depth: int) -> array[Any]:
    code = decoder.text(data, "c", 1)
    if not code or code not in _TYPECODES:
        raise WireError("an array of a type that is not known")
    made = array(code)
    try:
        made.frombytes(decoder.buffer(data).tobytes())
    except ValueError as error:
        raise WireError("an array that does not fit its bytes") from error
    return made


def _builtins(value: ModuleType, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    """Each process has its own: `eval` with the globals of a student's function uses the test's."""
    return {"t": "builtins"} if value is builtins else None


def _read_builtins(data: dict[str, Any], decoder: Decoder, depth: int) -> ModuleType:
    return builtins


ENCODERS: dict[type, Encode] = {
    type: _type,
    ModuleType: _builtins,
    date: _date,
    datetime: _datetime,
    time: _time,
    timedelta: _timedelta,
    timezone: _timezone,
    Fraction: _fraction,
    Decimal: _decimal,
    deque: _deque,
    Counter: _mapping,
    OrderedDict: _mapping,
    defaultdict: _defaultdict,
    array: _array,
    **{type(np.dtype(kind)): _dtype for kind in np.typecodes["All"]},
}
DECODERS: dict[str, Unpack] = {
    "type": _read_type,
    "builtins": _read_builtins,
    "dtype": _read_dtype,
    "date": _read_date,
    "datetime": _read_datetime,
    "time": _read_time,
    "timedelta": _read_timedelta,
    "timezone": _read_timezone,
    "fraction": _read_fraction,
    "decimal": _read_decimal,
    "deque": _read_deque,
    "Counter": _read_counter,
    "OrderedDict": _read_ordered,
    "defaultdict": _read_defaultdict,
    "typed": _read_typed,
}
