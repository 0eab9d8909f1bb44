"""Lengths of time: the only room that knows how long a month or a year is."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import TypeVar

import narwhals.stable.v2 as nw

from clvcli.tables import Column, Unit

DAYS_PER_YEAR = 365.25
MONTHS_PER_YEAR = 12
DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR
_FOR_A_TREND = 4
_EPOCH = date(1970, 1, 1)
Days = TypeVar("Days", int, nw.Expr)


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


_LENGTHS = {"d": 1.0, "w": 7.0, "m": DAYS_PER_MONTH, "y": DAYS_PER_YEAR}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(d|w|m|y|days?|weeks?|months?|years?)", re.ASCII)


def days_in(text: str) -> float:
    """How many days a length of time has, as people write it; raises ValueError if it is none.

    >>> days_in("12m"), days_in("26w"), days_in("90 days")
    (365.25, 182.0, 90.0)
    """
    found = _LENGTH.fullmatch(text.strip().lower())
    if not found:
        raise ValueError(f"'{text}' is no length of time; write it as in 12m, 26w, 90d or 2y")
    return float(found[1]) * _LENGTHS[found[2][0]]


def period_index(day: Days, period: Period) -> Days:
    """The calendar period a day falls in, counted from the year 0; for one day or for a column of them.

    By whole numbers alone, so that every engine gives the same.
    Source: Neri & Schneider 2022, Euclidean Affine Functions and Their Application to Calendar Algorithms; a year begins in March here.

    >>> period_index(day_number(date(2024, 2, 29)), Period.MONTH) == 2024 * 12 + 1
    True
    """
    since_march_0 = day + 719_468
    century = _quotient(since_march_0 * 4 + 3, 146_097)
    if_every_fourth_leapt = since_march_0 + _quotient(century * 3 + 3, 4)
    year = _quotient(if_every_fourth_leapt * 4 + 3, 1_461)
    day_of_year = if_every_fourth_leapt - _quotient(year * 1_461, 4)
    months = year * MONTHS_PER_YEAR + _quotient(day_of_year * 5 + 2, 153) + 2
    index = months if period is Period.MONTH else _quotient(months, period.value)
    return index if isinstance(index, int) else index.cast(nw.Int32)


def _quotient(days: Days, divisor: int) -> Days:
    """How many times a number goes into whole days; of a column half a day from any edge, where no rounding reaches.

    `//` over a column stands for its operand seven times in DuckDB's SQL, which five of them, one in the other, make megabytes.
    """
    return days // divisor if isinstance(days, int) else ((days + 0.5) / divisor).floor()


def first_day_of(index: int, period: Period) -> int:
    """The first day of a calendar period.

    >>> date_of(first_day_of(period_index(day_number(date(2024, 8, 15)), Period.QUARTER), Period.QUARTER))
    datetime.date(2024, 7, 1)
    """
    year, month = divmod(index * period.value, MONTHS_PER_YEAR)
    return day_number(date(year, month + 1, 1))


def last_day_of(index: int, period: Period) -> int:
    """The last day of a calendar period."""
    return first_day_of(index + 1, period) - 1


PARTIAL = Column("is_partial", "Partial", Unit.TEXT, "yes where the period was still running at the end of observation.")


def is_running(as_of: int, period: Period) -> bool:
    """Whether the calendar period of a day wasn't over on it."""
    return as_of < last_day_of(period_index(as_of, period), period)


def period_name(index: int, period: Period) -> str:
    """How people write a calendar period: 2024, 2024-Q3 or 2024-08; in the order of time by the alphabet.

    >>> period_name(period_index(day_number(date(2024, 8, 15)), Period.QUARTER), Period.QUARTER)
    '2024-Q3'
    """
    year, month = divmod(index * period.value, MONTHS_PER_YEAR)
    return {Period.YEAR: f"{year}", Period.QUARTER: f"{year}-Q{month // 3 + 1}", Period.MONTH: f"{year}-{month + 1:02}"}[period]


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


def trend_period(first_day: int, as_of: int) -> Period:
    """The longest calendar period of which the data hold four or more, so that there is something to compare; else the month."""
    counts = {period: period_index(as_of, period) - period_index(first_day, period) + 1 for period in Period}
    return next((period for period, count in counts.items() if count >= _FOR_A_TREND), Period.MONTH)
