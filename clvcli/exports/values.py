"""Values: text to exact money, days and ids; the only room that makes money.

Each function gives an expression that is null where the text can't be read. Money is exact:
a Float64 holds every amount up to 90 billion to a ten-thousandth, and is rounded to it at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from clvcli.errors import Problem, UsageError
from clvcli.periods import day_number
from clvcli.tables import MONEY_SCALE

FIRST_DAY = day_number(date(1990, 1, 1))
LAST_DAY = day_number(date(2099, 12, 31))
LARGEST = 9 * 10**10 * MONEY_SCALE
"""The largest amount that is surely exact: 90 billion, in ten-thousandths."""
NOTHING = ("null", "NULL", "None", "NaN", "nan", "N/A", "#N/A", "\\N")
"""Words that stand for an empty field."""
_ISO = re.compile(r"\d{4}-\d\d-\d\d([ T].*)?")
_DATE_LENGTH = len("2025-12-31")
_SIGNS = r"[€$£¥]"
_BLANKS = r"[ \u00a0\u202f']"
_FORMAT = re.compile(r"(?:[^%]|%[-_0^#:.]*\d?[YCymdbBhaAeDFjHkIlMSfTRrpPzZsGgVuwUWvcxXnt+%])*")


@dataclass(frozen=True)
class Formats:
    """How this export writes dates and numbers; empty where it is for clv to see."""

    date_format: str = ""
    decimal: str = ""
    tz: str = ""

    def __post_init__(self) -> None:
        if problems := list(self._problems()):
            raise UsageError(*problems)

    def _problems(self) -> Iterator[Problem]:
        if self.decimal not in ("", ".", ","):
            yield Problem(f"'{self.decimal}' is no decimal mark", hint="--decimal . or --decimal ,", setting=("decimal",))
        if self.date_format and not _is_date_format(self.date_format):
            hint = "write it as in --date-format %d/%m/%Y"
            yield Problem(f"'{self.date_format}' is no date format", hint=hint, setting=("date_format",))
        try:
            ZoneInfo(self.tz or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            yield Problem(f"unknown time zone '{self.tz}'", hint="write it as in --tz Europe/Rome", setting=("tz",))


def _is_date_format(text: str) -> bool:
    return "%" in text and _FORMAT.fullmatch(text) is not None


def identity(column: str, dtype: pl.DataType, *, cleaned: bool) -> pl.Expr:
    """An id as text; if `cleaned` without blanks around it, and null where it says that there is none."""
    text = pl.col(column) if dtype == pl.String else pl.col(column).cast(pl.String)
    return pl.when(~text.str.strip_chars().is_in(("", *NOTHING))).then(text.str.strip_chars()) if cleaned else text


def are_clean(ids: pl.Series) -> bool:
    """Whether no id begins or ends with a blank or says that there is none."""
    short = ids.filter(ids.str.len_bytes() <= max(map(len, NOTHING)))
    return not ((ids.str.starts_with(" ") | ids.str.ends_with(" ")).any() or short.is_in(("", *NOTHING)).any())


def number(column: str, dtype: pl.DataType, decimal: str, *, cleaned: bool) -> pl.Expr:
    """A number; it may be infinite or none. If `cleaned`, blanks around it don't matter."""
    if dtype != pl.String:
        return pl.col(column).cast(pl.Float64, strict=False)
    text = pl.col(column).str.strip_chars() if cleaned else pl.col(column)
    return _from_text(text, decimal)


def _from_text(text: pl.Expr, decimal: str) -> pl.Expr:
    """Without a decimal mark given, a plain number with a point; with one, thousands and currency signs too."""
    if decimal:
        thousands = "." if decimal == "," else ","
        bare = text.str.replace_all(_SIGNS, "").str.strip_chars()
        plain = bare.str.replace_all(_BLANKS, "").str.replace_all(thousands, "", literal=True).str.replace(decimal, ".", literal=True)
        text = pl.when(bare.str.contains(_written_with(decimal))).then(plain)
    return text.cast(pl.Float64, strict=False)


def _written_with(decimal: str) -> str:
    """The pattern of a number with this decimal mark, its thousands set apart by the other or not at all."""
    mark, thousands = re.escape(decimal), re.escape("." if decimal == "," else ",")
    return rf"^[-+]?(\d+|\d{{1,3}}({thousands}\d{{3}})+|\d{{1,3}}({_BLANKS}\d{{3}})+)?({mark}\d*)?$"


def money(units: pl.Expr) -> pl.Expr:
    """An amount in currency units as a whole number of ten-thousandths, exact up to LARGEST; null if it is none."""
    return (units * MONEY_SCALE).round().cast(pl.Int64, strict=False)


def day(column: str, dtype: pl.DataType, formats: Formats, like: str | None = None) -> pl.Expr:
    """The day number of a date or a time, in the shop's own time zone.

    A time with an offset is brought to `formats.tz` if that is given; otherwise its day is as written.
    With `like`, an ISO time that is surely plain, only those that are written like it are read, and blanks matter.
    """
    value = pl.col(column)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone and formats.tz:
        value = value.dt.convert_time_zone(formats.tz)
    if dtype.is_temporal():
        return value.dt.date().cast(pl.Int32)
    text = value if dtype == pl.String else value.cast(pl.String)
    text = text.str.strip_chars() if like is None or formats.date_format else text
    if formats.date_format:
        return _by_format(text, formats).cast(pl.Int32)
    if formats.tz:
        return _with_offset(text, formats.tz).cast(pl.Int32)
    return _iso_day(text) if like is None else _iso_day_like(like, text)


def _iso_day_like(like: str, text: pl.Expr) -> pl.Expr:
    """The day of an ISO date or time, if it goes on after the day as `like` does; in half the time of `_iso_day`."""
    mark = like[_DATE_LENGTH : _DATE_LENGTH + 1]
    return (text.str.head(_DATE_LENGTH + 1) if mark else text).str.to_date(f"%Y-%m-%d{mark}", strict=False).cast(pl.Int32)


def _by_format(text: pl.Expr, formats: Formats) -> pl.Expr:
    how = formats.date_format
    if "%z" in how or "%#z" in how:
        moment = text.str.to_datetime(how, strict=False, time_zone="UTC", time_unit="us")
        shifted = moment.dt.convert_time_zone(formats.tz) if formats.tz else moment + pl.duration(minutes=_minutes_ahead(text))
        return shifted.dt.date()
    if any(part in how for part in ("%H", "%I", "%T", "%R", "%s")):
        return text.str.to_datetime(how, strict=False, time_unit="us").dt.date()
    return (text if " " in how else text.str.extract(r"^(\S+?)(?:\s|T\d\d:|$)")).str.to_date(how, strict=False)


def _iso_day(text: pl.Expr) -> pl.Expr:
    return text.str.head(11).str.strip_chars_end("T ").str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32)


def _with_offset(text: pl.Expr, tz: str) -> pl.Expr:
    """The day in `tz` of an ISO time with an offset; a time without one is in `tz` already."""
    parts = r"^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:\.\d+)? ?(?:Z|UTC|[+-]\d\d(?::?\d\d)?)$"
    clock = pl.concat_str(text.str.extract(parts, 1), pl.lit(" "), (text.str.extract(parts, 2) + ":00").str.head(8))
    local = clock.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    universal = (local - pl.duration(minutes=_minutes_ahead(text))).dt.replace_time_zone("UTC")
    moved = universal.dt.convert_time_zone(tz).dt.date()
    has_offset = text.str.contains(r":\d\d(\.\d+)? ?(Z|UTC|[+-]\d\d(:?\d\d)?)$")
    return pl.when(has_offset).then(moved).otherwise(_iso_day(text).cast(pl.Date))


def _minutes_ahead(text: pl.Expr) -> pl.Expr:
    """How far a time is ahead of UTC, by the offset it ends with; none is zero."""
    offset = r"([+-])(\d\d):?(\d\d)?$"
    hours = text.str.extract(offset, 2).cast(pl.Int64)
    minutes = hours * 60 + text.str.extract(offset, 3).cast(pl.Int64).fill_null(0)
    return pl.when(text.str.extract(offset, 1) == "-").then(-minutes).otherwise(minutes).fill_null(0)


def is_iso(value: str) -> bool:
    """Whether a value is written as a date like 2025-12-31, perhaps with a time after it."""
    return bool(_ISO.fullmatch(value))


def first_not_iso(sample: Sequence[str]) -> str | None:
    """If most of these values aren't written as a date like 2025-12-31, the first that isn't."""
    return _first_unlike(sample, is_iso, at_least=0.5)


def first_not_written_with(sample: Sequence[str], decimal: str) -> str | None:
    """If most of these values aren't numbers with this decimal mark (none: plain numbers), the first that isn't."""
    if not decimal:
        return _first_unlike(sample, _is_plain)
    pattern = re.compile(_written_with(decimal))
    return _first_unlike(sample, lambda value: bool(pattern.match(re.sub(_SIGNS, "", value).strip())))


def likely_date_format(value: str) -> str:
    """The format that a date like 31.12.2025 suggests; day first, for want of a better guess."""
    found = re.match(r"\d{1,2}([./-])\d{1,2}[./-]\d{4}", value)
    mark = found.group(1) if found else "/"
    return f"%d{mark}%m{mark}%Y"


def thousands_or_decimals(sample: Sequence[str]) -> bool:
    """Whether every value reads as `1.234`: a thousand or one and a bit."""
    values = [v.strip().lstrip("-") for v in sample if v.strip()]
    return bool(values) and all(re.fullmatch(r"[1-9]\d{0,2}(\.\d{3})+", v) for v in values)


def _is_plain(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return "_" not in value


def _first_unlike(sample: Sequence[str], fits: Callable[[str], bool], at_least: float = 0.51) -> str | None:
    """The first value that doesn't fit, if at least this share of the values don't."""
    given = [v.strip() for v in sample if v.strip() and v.strip() not in NOTHING]
    unlike = [v for v in given if not fits(v)]
    return unlike[0] if unlike and len(unlike) >= at_least * len(given) else None
