"""Lengths of time: the only room that knows how long a month or a year is."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

DAYS_PER_YEAR = 365.25
MONTHS_PER_YEAR = 12
_EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01, the form in which the core does all its arithmetic on dates."""
    return (day - _EPOCH).days


def date_of(day: int) -> date:
    """The date of a day number.

    >>> date_of(day_number(date(2025, 12, 31)))
    datetime.date(2025, 12, 31)
    """
    return _EPOCH + timedelta(days=day)


def months_before(day: int, months: int) -> int:
    """The same day of the month so many months earlier; a month's last day stays one.

    >>> date_of(months_before(day_number(date(2024, 5, 31)), 3))
    datetime.date(2024, 2, 29)
    """
    then = date_of(day)
    year, month = divmod(then.year * MONTHS_PER_YEAR + then.month - 1 - months, MONTHS_PER_YEAR)
    last = calendar.monthrange(year, month + 1)[1]
    at_the_end = then.day == calendar.monthrange(then.year, then.month)[1]
    return day_number(date(year, month + 1, last if at_the_end else min(then.day, last)))


class Period(Enum):
    """A length over which buying is compared; the value is its number of months."""

    YEAR = 12
    QUARTER = 3
    MONTH = 1

    @property
    def years(self) -> float:
        """Its length in years."""
        return self.value / MONTHS_PER_YEAR

    @property
    def word(self) -> str:
        """Its name as people write it."""
        return self.name.lower()


@dataclass(frozen=True)
class Window:
    """The days under observation, and the two latest periods in them; days are inclusive.

    The current period ends on `as_of`, the previous one the day before the current begins.
    """

    first_day: int
    as_of: int
    period: Period | None

    @property
    def current_start(self) -> int:
        """First day of the current period."""
        return self._start(1)

    @property
    def previous_start(self) -> int:
        """First day of the previous period."""
        return self._start(2)

    @property
    def covers_current(self) -> bool:
        """Whether the data reach back over the whole current period."""
        return self.period is not None and self.first_day <= self.current_start

    @property
    def covers_previous(self) -> bool:
        """Whether the data reach back over the whole previous period too."""
        return self.period is not None and self.first_day <= self.previous_start

    def _start(self, periods: int) -> int:
        months = self.period.value if self.period else 0
        return months_before(self.as_of, months * periods) + 1


def longest_period(first_day: int, as_of: int) -> Period | None:
    """The longest of year, quarter and month that fits twice into the data, if any does."""
    windows = (Window(first_day, as_of, period) for period in Period)
    return next((w.period for w in windows if w.covers_previous), None)
