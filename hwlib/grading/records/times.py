"""Reads the time of a hand-in, as timestamp.txt says it."""

from __future__ import annotations

import re
import warnings
from datetime import datetime

import dateutil.parser  # type: ignore[import-untyped]  # comes with nbgrader
from dateutil.parser import UnknownTimezoneWarning
from dateutil.tz import gettz  # type: ignore[import-untyped]
from nbgrader.utils import parse_utc

__all__ = ["parse_time"]

_OFFSET = re.compile(r"(?P<seconds>:\d\d(?:\.\d+)?)\s+(?P<offset>[+-]\d\d(?::?\d\d)?)$")


def parse_time(timestamp: str | datetime | None) -> tuple[datetime | None, list[str]]:
    """Read a timestamp as UTC; returns None and a problem in words if that can't be done.

    nbgrader takes an offset behind a blank for seconds, the name of a zone that it does not know
    for UTC, and what a date lacks from the day on which it reads it. Here an offset is one, and
    the other two are problems.

    >>> print(parse_time("2027-02-01 12:00:00 +0100")[0], parse_time("2027-02-01 12:00 UTC")[0])
    2027-02-01 11:00:00 2027-02-01 12:00:00
    >>> parse_time("2027-07-01 12:00:00 CEST")[0]
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UnknownTimezoneWarning)
            return parse_utc(_whole(timestamp) if isinstance(timestamp, str) else timestamp), []
    except (ValueError, OverflowError, UnknownTimezoneWarning):
        return None, [
            f"timestamp.txt: expected a date such as 2027-02-01 12:00:00 UTC or 2027-02-01 "
            f"13:00:00 +0100, found {timestamp!r:.60}, so this time was not used"
        ]


def _whole(timestamp: str) -> str:
    """A timestamp as nbgrader reads it right; ValueError if its zone or a part of it is unknown."""
    words = _OFFSET.sub(r"\g<seconds>\g<offset>", timestamp.strip()).split()
    zoned = len(words) == 3 and gettz(words[2]) is not None
    if len(words) == 3 and words[2].isalpha() and not zoned:
        raise ValueError(f"no such time zone: {words[2]}")
    whole = " ".join(words)
    if _is_partial(" ".join(words[:2]) if zoned else whole):
        raise ValueError(f"a part of a date: {whole}")
    return whole


def _is_partial(timestamp: str) -> bool:
    """Whether it lacks year, month or day: "5" would be the fifth of the present month."""
    days = (datetime(2000, 1, 1), datetime(2004, 2, 2))
    first, second = (dateutil.parser.parse(timestamp, default=day) for day in days)
    return bool(first != second)
