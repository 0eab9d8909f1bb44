"""Spans: text to the first and the last day that it stands for: of a day, a week, a month, or from one day to another."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from clvcli.exports import days
from clvcli.exports.days import DayFormat
from clvcli.exports.formats import Values, day_format
from clvcli.exports.ids import VALUE, tidied
from clvcli.exports.months import months
from clvcli.exports.records import Records
from clvcli.exports.spelling import SERIALS, Spelling

FIRST, LAST, SAID = "first_day", "last_day", "clv:said"
LINE = "clv:line"
"""The columns of spans: the first and the last day, what is written; and the line that it stands on."""
_DATED, _TIMES, _BEGIN, _END = "clv:dated", "clv:times", "clv:begin", "clv:end"
_A_YEAR = r"\b(?:19|20)[0-9]{2}\b"
_RANGE = (
    rf"^(.*?{_A_YEAR}.*?)(?:\s+(?:-|to|bis|al|au|a|até|līdz)\s+|\s*(?:–|—|\.\.+)\s*)(.*{_A_YEAR}.*)$"
    r"|^([0-9]{4}-[0-9]{2}-[0-9]{2})/([0-9]{4}-[0-9]{2}-[0-9]{2})$"
)
"""Two dates, each with its year, and a dash or a word between them."""
_MONTHS: tuple[tuple[str, int, int], ...] = (
    (r"^([0-9]{4})\.? ?[-/.] ?([0-9]{1,2})\.?$", 1, 2),
    (r"^([0-9]{1,2}) ?[-/.] ?([0-9]{4})\.?$", 2, 1),
    (r"^((?:19|20)[0-9]{2})(0[1-9]|1[0-2])$", 1, 2),
    (r"^(\p{L}{3,12})\.?,?[\s\-/.]*(?:del?\s)?['’]?([0-9]{4}|[0-9]{2})\.?$", 2, 1),
    (r"^([0-9]{4})\.?(?:\s(?:gada|g\.))?[\s\-/.](\p{L}{3,12})\.?$", 1, 2),
)
"""The ways to write a month, each with the places of year and month."""
_OF_DAY = re.compile(r"%[-_0^#]*[dejDFxcvs+]")
_WEEK = 7


def spans(of: Records, table: pl.DataFrame, columns: Mapping[str, str], spelling: Spelling, is_dated: pl.Series) -> pl.DataFrame:
    """FIRST, LAST and SAID of each record: null where it isn't a date, and SAID where nothing stands.

    `columns` are those of the roles date, month, week, year, start and end; `table` has all records and their LINE; `is_dated`
    says which of them should have a date. Raises InputError where dates could be read in two ways.
    """
    role = next(role for role in ("date", "month", "week", "start") if role in columns)
    raw = table.select(LINE, *(_text(table, column).alias(part) for part, column in columns.items()), is_dated.alias(_DATED))
    keys = [*columns, _DATED]
    once = raw.group_by(keys, maintain_order=True).agg(pl.col(LINE).first(), pl.len().alias(_TIMES))
    begin = _with_year(tidied(pl.col("month"))) if {"month", "year"} <= columns.keys() else tidied(pl.col(role))
    parts, end = begin.str.extract_groups(_RANGE).struct, tidied(pl.col("end")) if "end" in columns else None
    texts = once.with_columns(
        pl.coalesce(parts.field("1"), parts.field("3"), begin).alias(_BEGIN),
        (end if end is not None else pl.coalesce(parts.field("2"), parts.field("4"), begin)).alias(_END),
        (pl.concat_str(begin, end, separator=" to ") if end is not None else begin).alias(SAID),
    )
    how = _format(of, columns[role], texts.filter(_DATED), spelling)
    found = texts.select(*keys, _days(_BEGIN, how)[0].alias(FIRST), _days(_END, how)[1].alias(LAST), SAID)
    found = found.with_columns(_widened(role, is_range=end is not None))
    return raw.join(found, on=keys, how="left", nulls_equal=True, maintain_order="left").select(FIRST, LAST, SAID)


def _text(table: pl.DataFrame, column: str) -> pl.Expr:
    """What stands in a column; a time of a typed file as its day."""
    is_time = table.schema[column].is_temporal()
    return (pl.col(column).dt.date() if is_time else pl.col(column)).cast(pl.String)


def _with_year(month: pl.Expr) -> pl.Expr:
    """A month without a year, with the year that stands beside it."""
    year = tidied(pl.col("year")).str.extract(r"^([0-9]{4})(?:\.0+)?$", 1)
    number, name = month.str.extract(r"^([0-9]{1,2})(?:\.0+)?$", 1), month.str.extract(r"^(\p{L}{3,12})\.?$", 1)
    return pl.coalesce(pl.concat_str(year, number, separator="-"), pl.concat_str(name, year, separator=" "), month)


def _widened(role: str, *, is_range: bool) -> list[pl.Expr]:
    """The whole month or week that a day stands for in a column of them."""
    if role == "month":
        first, last = (pl.col(name).cast(pl.Date) for name in (FIRST, LAST))
        return [first.dt.month_start().cast(pl.Int32).alias(FIRST), last.dt.month_end().cast(pl.Int32).alias(LAST)]
    if role == "week" and not is_range:
        return [pl.when(pl.col(FIRST) == pl.col(LAST)).then(pl.col(FIRST) + _WEEK - 1).otherwise(pl.col(LAST)).alias(LAST)]
    return []


def _format(of: Records, column: str, texts: pl.DataFrame, spelling: Spelling) -> DayFormat:
    """How days are written among the dates, those left out that are months."""
    if spelling.date_format and spelling.date_format not in SERIALS:
        return DayFormat("given", given=spelling.date_format)
    ends = texts.filter(pl.col(_END).ne_missing(pl.col(_BEGIN))).select(pl.col(_END).alias(VALUE), LINE, _TIMES)
    both = pl.concat([texts.select(pl.col(_BEGIN).alias(VALUE), LINE, _TIMES), ends]).drop_nulls(VALUE)
    every = both.filter(_month(pl.col(VALUE)).is_null())
    if not every.height:
        return DayFormat()
    lines = dict(zip(every[VALUE].reverse(), every[LINE].reverse(), strict=True))
    repeated = every.lazy().select(pl.col(VALUE).repeat_by(_TIMES).explode())
    return day_format(Values(of.file.name, column, every[VALUE].to_list(), lambda: repeated, lambda value: lines.get(value, 0)), spelling)


def _days(name: str, how: DayFormat) -> tuple[pl.Expr, pl.Expr]:
    """The first and the last day of a day or a month."""
    text = pl.col(name)
    if how.kind == "given" and not _OF_DAY.search(how.given):
        month = (text + "-01").str.to_date(f"{how.given}-%d", strict=False)
        return month.cast(pl.Int32), month.dt.month_end().cast(pl.Int32)
    month, day = _month(text), days.day(text, how)
    first, last = month.cast(pl.Int32), month.dt.month_end().cast(pl.Int32)
    return (pl.coalesce(day, first), pl.coalesce(day, last)) if how.kind == "given" else (pl.coalesce(first, day), pl.coalesce(last, day))


def _month(text: pl.Expr) -> pl.Expr:
    """The first day of a month that is written without one; null for anything else."""
    return pl.coalesce(_month_by(text, *way) for way in _MONTHS)


def _month_by(text: pl.Expr, pattern: str, year_at: int, month_at: int) -> pl.Expr:
    groups = text.str.extract_groups(pattern).struct
    year, month = groups.field(str(year_at)), groups.field(str(month_at)).str.to_lowercase()
    year = pl.when(year.str.len_bytes() == len("25")).then(pl.lit("20") + year).otherwise(year)
    number = pl.coalesce(month.replace_strict(months(), default=None, return_dtype=pl.String), month).str.zfill(2)
    return pl.concat_str(year, number, pl.lit("01"), separator="-").str.to_date("%Y-%m-%d", strict=False)
