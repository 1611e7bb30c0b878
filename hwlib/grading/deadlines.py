"""When assignments are due, who has more time, and what being late costs.

The rules stand in course.toml, and nowhere else:

    [deadlines]
    knn = 2027-02-01T23:59:00+01:00

    [late]
    percent_per_day = 10
    at_most_percent = 50
    grace_minutes = 15

    [extensions.knn]
    ada = 3
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["LateRule", "Schedule", "ScheduleFault", "read_schedule"]

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class LateRule:
    """What each day after the deadline costs; [late] in course.toml."""

    percent_per_day: float  # of the points that were earned, for each day that has begun
    at_most_percent: float = 100.0
    grace_minutes: float = 0.0  # so much later is not late

    def penalty(self, points: float, late_s: float) -> float:
        """The points that are taken off.

        Parameters
        ----------
        points : float
            What was earned.
        late_s : float
            Seconds after the deadline, extensions included; 0 or less is in time.

        Examples
        --------
        >>> rule = LateRule(percent_per_day=10, at_most_percent=50, grace_minutes=15)
        >>> [rule.penalty(8, hours * 3600) for hours in (0.2, 1, 25, 1000)]
        [0.0, 0.8, 1.6, 4.0]
        """
        if late_s <= 60 * self.grace_minutes:
            return 0.0
        days = math.ceil(late_s / DAY_S)
        return max(0.0, points) * min(self.at_most_percent, self.percent_per_day * days) / 100


@dataclass(frozen=True, slots=True)
class Schedule:
    """All dates of a course."""

    due: Mapping[str, datetime] = field(default_factory=dict)  # assignment → deadline, in UTC
    # assignment → student → more time
    extensions: Mapping[str, Mapping[str, timedelta]] = field(default_factory=dict)
    late: LateRule | None = None  # None: nbgrader's own rule, of nbgrader_config.py

    def of(self, slug: str, student: str) -> tuple[datetime | None, timedelta | None]:
        """The deadline of an assignment, and the extension of one student."""
        return self.due.get(slug), self.extensions.get(slug, {}).get(student)

    def counted(self, late_s: float) -> float:
        """Seconds after the deadline, or 0 where that is not late yet."""
        grace_s = 60 * self.late.grace_minutes if self.late else 0.0
        return late_s if late_s > grace_s else 0.0


class ScheduleFault(ValueError):
    """A date or rule that is not as it must be: the key, and what to do about it."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


def read_schedule(values: Mapping[str, Any]) -> Schedule:
    """Read the tables `deadlines`, `late` and `extensions` of course.toml.

    Raises
    ------
    ScheduleFault
        If a value is not a date with a time zone, or not a number of the right size.
    """
    due = {slug: _date(slug, value) for slug, value in _table(values, "deadlines").items()}
    extensions = {
        slug: {student: _days(student, days) for student, days in _table(given, slug).items()}
        for given in [_table(values, "extensions")]
        for slug in given
    }
    late = _table(values, "late")
    if not late:
        return Schedule(due, extensions)
    known = ("percent_per_day", "at_most_percent", "grace_minutes")
    for key, value in late.items():
        if key not in known:
            raise ScheduleFault(
                key, f"unknown key {key!r} in [late]; use one of: {', '.join(known)}"
            )
        most = 1e6 if key == "grace_minutes" else 100
        if not _is_number(value) or not 0 <= value <= most:
            raise ScheduleFault(key, f"{key} must be a number from 0 to {most:g}, found {value!r}")
    if "percent_per_day" not in late:
        raise ScheduleFault("late", "[late] needs percent_per_day; add a line percent_per_day = 10")
    return Schedule(due, extensions, LateRule(**{key: float(late[key]) for key in late}))


def _table(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key, {})
    if not isinstance(found, dict):
        raise ScheduleFault(key, f"{key} must be a table; write a line [{key}] above its entries")
    return found


def _date(slug: str, value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ScheduleFault(
            slug,
            f"the deadline of {slug} must be a date and time with its offset from UTC, such as "
            f"2027-02-01T23:59:00+01:00, found {value}",
        )
    return value.astimezone(UTC)


def _days(student: str, value: object) -> timedelta:
    if not _is_number(value) or not 0 < float(value) <= 366:  # type: ignore[arg-type]
        raise ScheduleFault(
            student, f"the extension of {student} must be a number of days, found {value!r}"
        )
    return timedelta(days=float(value))  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
