"""Days: text, serial numbers and epochs to the day in the shop's own time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from clvcli.exports.months import months
from clvcli.periods import day_number

FIRST_DAY = day_number(date(1990, 1, 1))
LAST_DAY = day_number(date(2099, 12, 31))

Kind = Literal["iso", "ymd", "dmy", "mdy", "named", "compact", "serial", "serial1904", "seconds", "milliseconds", "microseconds", "given"]
_SHOWN = {
    "iso": "2025-12-31",
    "ymd": "2025/12/31",
    "dmy": "31/12/2025",
    "mdy": "12/31/2025",
    "named": "31 Dec 2025",
    "compact": "20251231",
    "serial": "46022, as Excel counts days",
    "serial1904": "44560, as Excel counts days from 1904",
    "seconds": "seconds since 1970",
    "milliseconds": "milliseconds since 1970",
    "microseconds": "microseconds since 1970",
}
_EPOCHS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}
_SERIALS = {"serial": date(1899, 12, 30), "serial1904": date(1904, 1, 1)}


@dataclass(frozen=True)
class DayFormat:
    """How a column writes days.

    `zone` is where its clock stands if a time has no offset: a zone, or "" for the shop itself. `has_offsets` says
    whether some times have one; if all have, `offsets` are the only ones that are read, and the day is as written.
    With `is_moved` times are brought to `zone` or UTC. With `like`, a value that is surely plain, only those written
    like it are read.
    """

    kind: Kind = "iso"
    given: str = ""
    zone: str = ""
    offsets: tuple[str, ...] = ()
    has_offsets: bool = False
    is_moved: bool = False
    like: str = ""

    @property
    def reads_offset(self) -> bool:
        """Whether the format that was given has a place for the distance from UTC."""
        return "%z" in self.given or "%#z" in self.given

    @property
    def has_clock(self) -> bool:
        """Whether it is a date that a time of the shop's clock may follow, not a count of days or seconds."""
        return self.kind not in (*_EPOCHS, *_SERIALS)

    @property
    def shown(self) -> str:
        """The format by an example."""
        if self.given:
            return self.given
        example, at = _SHOWN[self.kind], _SIGN_AT.get(self.kind, 0)
        return example.replace(example[at], self.like[at]) if at and self.like else example


def day(text: pl.Expr, how: DayFormat, tz: str = "") -> pl.Expr:
    """The day number of a date or a time, in `tz` where its own zone is known; null if it isn't written as `how` says."""
    if how.kind in _EPOCHS:
        moment = _since_1970(text, how.kind)
        return _number(moment if tz in ("", "UTC") else moment.dt.replace_time_zone("UTC").dt.convert_time_zone(tz))
    if how.kind in _SERIALS:
        return text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).floor().cast(pl.Int32, strict=False) + day_number(
            _SERIALS[how.kind]
        )
    if how.is_moved or (tz and (how.has_offsets or how.reads_offset or (how.zone and how.zone != tz))):
        return _number(_moved(text, how, tz or "UTC"))
    return _number(_date(text, how))


def _number(days: pl.Expr) -> pl.Expr:
    return days.dt.date().cast(pl.Int32)


def _since_1970(text: pl.Expr, kind: str) -> pl.Expr:
    count = text.cast(pl.Float64, strict=False) if kind == "seconds" else text.cast(pl.Int64, strict=False)
    return (count * _EPOCHS[kind]).cast(pl.Int64, strict=False).cast(pl.Datetime("us"))


def _date(text: pl.Expr, how: DayFormat) -> pl.Expr:
    """The date that is written, whatever the time after it."""
    if how.kind == "given":
        return _by_format(text.str.strip_chars(), how.given)
    if how.like:
        fast = _like(text, how)
        return pl.when(_ends_with(text, how.offsets)).then(fast) if how.offsets else fast
    found = _tolerant(text.str.strip_chars(), how.kind)
    return pl.when(_ends_with(text.str.strip_chars(), how.offsets)).then(found) if how.offsets else found


def _ends_with(text: pl.Expr, tails: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal([text.str.ends_with(tail) for tail in tails])


_WIDTH = len("31/12/2025")
_SIGN_AT: Mapping[str, int] = {"ymd": 4, "dmy": 2, "mdy": 2}
"""Where in a date the first sign between its numbers stands."""


def _like(text: pl.Expr, how: DayFormat) -> pl.Expr:
    """The date of what is written exactly like `how.like`: ten characters, then the same mark or nothing."""
    sign, mark = how.like[2] if how.kind in ("dmy", "mdy") else "-", how.like[_WIDTH : _WIDTH + 1]
    parts = {"dmy": ("%d", "%m", "%Y"), "mdy": ("%m", "%d", "%Y")}.get(how.kind, ("%Y", "%m", "%d"))
    return (text.str.head(_WIDTH + 1) if mark else text).str.to_date(sign.join(parts) + mark, strict=False)


_DATE = {
    "iso": r"^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ].*)?$",
    "ymd": r"^([0-9]{4}) ?[./-] ?([0-9]{1,2}) ?[./-] ?([0-9]{1,2})\.?(?:[T ,].*)?$",
    "dmy": r"^([0-9]{1,2}) ?[./-] ?([0-9]{1,2}) ?[./-] ?([0-9]{4}|[0-9]{2})\.?(?:[T ,].*)?$",
    "mdy": r"^([0-9]{1,2}) ?[./-] ?([0-9]{1,2}) ?[./-] ?([0-9]{4}|[0-9]{2})\.?(?:[T ,].*)?$",
    "compact": r"^([0-9]{4})([0-9]{2})([0-9]{2})$",
}
_ORDER = {"dmy": (2, 1, 0), "mdy": (2, 0, 1)}
DAY_AND_NAME = r"^(?:\p{L}{2,10}\.?,?\s+)?([0-9]{1,2})\.?(?:st|nd|rd|th|er|º)?[\s\-/.]*(?:de\s)?(\p{L}{3,12})\.?,?[\s\-/.]+(?:de\s)?([0-9]{4}|[0-9]{2})(?:[T\s,].*)?$"
NAME_AND_DAY = r"^(?:\p{L}{2,10}\.?,?\s+)?(\p{L}{3,12})\.?[\s\-/.]+([0-9]{1,2})(?:st|nd|rd|th)?[\s\-/.,]+([0-9]{4}|[0-9]{2})(?:[T\s,].*)?$"
YEAR_AND_NAME = r"^([0-9]{4})\.?[\s\-/.](\p{L}{3,12})\.?[\s\-/.]([0-9]{1,2})\.?(?:[T\s,].*)?$"
_CENTURY = 70
"""Years of two digits are of this century up to here, and of the last one from here on."""


def _tolerant(text: pl.Expr, kind: str) -> pl.Expr:
    if kind == "named":
        return pl.coalesce(_named(text, DAY_AND_NAME, "321"), _named(text, NAME_AND_DAY, "312"), _named(text, YEAR_AND_NAME, "123"))
    groups = text.str.extract_groups(_DATE[kind]).struct
    year, month, day_ = (groups.field(str(n + 1)) for n in _ORDER.get(kind, (0, 1, 2)))
    return _assembled(year, month, day_)


def _named(text: pl.Expr, way: str, places: str) -> pl.Expr:
    """The date in which a month has a name, in any language we know; `places` are those of year, month and day."""
    groups = text.str.extract_groups(way).struct
    year, name, day_ = map(groups.field, places)
    month = name.str.to_lowercase().replace_strict(months(), default=None, return_dtype=pl.String)
    return _assembled(year, month, day_)


def _assembled(year: pl.Expr, month: pl.Expr, day_: pl.Expr) -> pl.Expr:
    short = year.cast(pl.Int32, strict=False)
    whole = pl.when(year.str.len_bytes() > 2).then(short).when(short < _CENTURY).then(short + 2000).otherwise(short + 1900)  # noqa: PLR2004 - two digits
    written = pl.concat_str(whole.cast(pl.String).str.zfill(4), month.str.zfill(2), day_.str.zfill(2), separator="-")
    return written.str.to_date("%Y-%m-%d", strict=False)


_TIME = r"(?:[T ,]|\b)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:[.,][0-9]+)? ?([AaPp])?"
_OFFSET = r"(?::[0-9]{2}|[0-9]{2}[.,][0-9]+|[AaPp]\.?[Mm]\.?) ?(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)$"
OFFSET = _OFFSET
"""What follows a time, as its distance from UTC."""


def _moved(text: pl.Expr, how: DayFormat, tz: str) -> pl.Expr:
    """The moment in `tz`: by its own offset, else by the zone of its clock, else as written."""
    text = text.str.strip_chars()
    local = _local(text, how)
    shift = text.str.extract(_OFFSET, 1)
    universal = (local - pl.duration(minutes=_minutes_ahead(shift))).dt.replace_time_zone("UTC").dt.convert_time_zone(tz)
    by_offset = universal.dt.replace_time_zone(None)
    if not how.zone or how.zone == tz:
        return pl.when(shift.is_null()).then(local).otherwise(by_offset)
    there = _placed(local, how.zone).dt.convert_time_zone(tz).dt.replace_time_zone(None)
    return pl.when(shift.is_null()).then(there).otherwise(by_offset)


def _local(text: pl.Expr, how: DayFormat) -> pl.Expr:
    """The date and time as written, whatever the offset behind them."""
    date_ = _date(text, DayFormat(how.kind, how.given)).cast(pl.Datetime("us"))
    return date_ if how.kind == "given" else date_ + _time_of_day(text)


def _placed(local: pl.Expr, zone: str) -> pl.Expr:
    """A clock's time in its zone; an hour that the clock skips is the next one, one that it shows twice the first."""
    exact = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    later = (local + pl.duration(hours=1)).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return pl.coalesce(exact, later)


def clock_gaps(text: pl.Expr, how: DayFormat, zone: str) -> tuple[pl.Expr, pl.Expr]:
    """How many times without an offset the clock of a zone skipped, and how many it showed twice."""
    text = text.str.strip_chars()
    local = pl.when(text.str.extract(_OFFSET, 1).is_null()).then(_local(text, how))
    there = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    once = local.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    return (local.is_not_null() & there.is_null()).sum().alias("skipped"), (there.is_not_null() & once.is_null()).sum().alias("twice")


def _time_of_day(text: pl.Expr) -> pl.Expr:
    """The time after a date, as a duration; none is midnight."""
    parts = text.str.extract_groups(_TIME).struct
    hour, minute, second = (parts.field(str(n)).cast(pl.Int64, strict=False).fill_null(0) for n in (1, 2, 3))
    half = parts.field("4").str.to_lowercase()
    hours = pl.when(half == "p").then(hour % 12 + 12).when(half == "a").then(hour % 12).otherwise(hour)
    return pl.when((hours < 24) & (minute < 60)).then(pl.duration(hours=hours, minutes=minute, seconds=second))  # noqa: PLR2004 - of a day, of an hour


def _minutes_ahead(shift: pl.Expr) -> pl.Expr:
    """How far a time is ahead of UTC, by what it ends with."""
    hours, minutes = (shift.str.extract(r"^[+-]([0-9]{2}):?([0-9]{2})?$", n).cast(pl.Int64).fill_null(0) for n in (1, 2))
    ahead = hours * 60 + minutes
    return pl.when(shift.str.starts_with("-")).then(-ahead).otherwise(ahead)


def _by_format(text: pl.Expr, how: str) -> pl.Expr:
    if "%z" in how or "%#z" in how:
        moment = text.str.to_datetime(how, strict=False, time_zone="UTC", time_unit="us")
        shift = text.str.extract(r"([+-][0-9]{2}:?[0-9]{2})$", 1)
        return moment.dt.replace_time_zone(None) + pl.duration(minutes=_minutes_ahead(shift).fill_null(0))
    if any(part in how for part in ("%H", "%I", "%T", "%R", "%s")):
        return text.str.to_datetime(how, strict=False, time_unit="us")
    if " " in how:
        return text.str.to_date(how, strict=False)
    mark = "" if how.endswith((".", ",")) else "[.,]?"
    return text.str.extract(rf"^(\S+?){mark}(?:\s|T\d\d:|$)").str.to_date(how, strict=False)
