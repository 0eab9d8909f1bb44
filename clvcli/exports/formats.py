"""Formats: how each column that matters is written, decided over its first values where they prove it, else over all of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from clvcli.errors import InputError, Place, Problem
from clvcli.exports.dating import Dates, dates, days_apart
from clvcli.exports.days import DayFormat
from clvcli.exports.ids import VALUE
from clvcli.exports.numbers import NumberFormat, Votes, votes
from clvcli.exports.spelling import SERIALS, Spelling

_DECISIVE = re.compile(r"[+-]?[0-9]+\.(?:[0-9]{1,2}|[0-9]{4,})")
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:([T ])[0-9:.]{4,15})?")
_HALF = 0.5
_SHOWN = 24


@dataclass(frozen=True, eq=False, repr=False)
class Values:
    """One column of a file: its first values, and all of them if they are asked for."""

    file: str
    column: str
    first: Sequence[str]
    every: Callable[[], pl.LazyFrame] = field(repr=False)
    line_of: Callable[[str], int] = field(default=lambda _: 0, repr=False)
    """The line of the first record that has a value in this column."""

    @cached_property
    def sample(self) -> pl.LazyFrame:
        """The first values as a frame."""
        return pl.LazyFrame({VALUE: self.first}, schema={VALUE: pl.String})

    def refusal(self, what: str, example: str, hint: str) -> InputError:
        """The error that the column can't be read with certainty, as an example of its values shows."""
        return InputError(Problem(f"[{self.column}] {what}. Nothing was dropped", Place(self.file, self.line_of(example)), hint))


def number_format(of: Values, spelling: Spelling, others: str = "", *, thorough: bool = False) -> NumberFormat:
    """How a column writes numbers.

    `others` is the decimal mark that other columns of money prove. Raises InputError where numbers could be read in two ways.
    """
    if spelling.decimal:
        found = votes(of.sample)
        return found.format(spelling.decimal) if not thorough else votes(of.every()).format(spelling.decimal)
    given = [value for value in of.first if value.strip()]
    if not thorough and given and all(map(_PLAIN.fullmatch, given)) and any(map(_DECISIVE.fullmatch, given)):
        return NumberFormat("plain")
    found = votes(of.every() if thorough else of.sample)
    if not thorough and found.whole == found.values:
        return found.format()
    if not thorough and (found.strange or not found.decimal):
        return number_format(of, spelling, others, thorough=True)
    return _certain(of, found, others)


def _certain(of: Values, found: Votes, others: str) -> NumberFormat:
    if found.strange > _HALF * found.values:
        example = found.examples["strange"][0]
        raise of.refusal(f"'{example[:_SHOWN]}' is no number, and neither are most of its values", example, "clv ... --map amount=COLUMN")
    if found.is_mixed:
        points, commas = (", ".join(f"'{v}'" for v in found.examples[kind]) for kind in ("point", "comma"))
        what = f"decimals begin with a point in {points} and with a comma in {commas}"
        raise of.refusal(what, found.examples["point"][0], "export again, so that all numbers are written alike")
    if found.is_open and not others:
        kind = "point_or_thousands" if found.point_or_thousands else "comma_or_thousands"
        example = found.examples[kind][0]
        what = f"'{example.strip()}' may be a thousand or a fraction, and no value tells which"
        raise of.refusal(what, example, "clv ... --decimal .\nclv ... --decimal ,")
    return found.format(others if found.is_open else "")


def decimal_proven(columns: Sequence[Values]) -> str:
    """The decimal mark that all columns together prove; empty if none does or they differ."""
    marks = {votes(of.every()).decimal for of in columns} - {""}
    return marks.pop() if len(marks) == 1 else ""


def day_format(of: Values, spelling: Spelling, order: str = "", zone: str = "", *, thorough: bool = False) -> DayFormat:
    """How a column writes days; `order` says which of two numbers is the day, where nothing proves it.

    Raises InputError where dates could be read in two ways, or are written in several.
    """
    if spelling.date_format in SERIALS:
        return DayFormat("serial1904" if spelling.date_format.endswith("1904") else "serial", zone=zone)
    if spelling.date_format:
        return DayFormat("given", given=spelling.date_format, zone=zone)
    given = [value.strip() for value in of.first if value.strip()]
    matches = [_ISO.fullmatch(value) for value in given]
    if not thorough and not spelling.tz and given and all(matches) and len({found[1] for found in matches if found}) == 1:
        return DayFormat("iso", zone=zone, like=given[0])
    found = dates(of.every() if thorough else of.sample)
    if not thorough and (
        spelling.tz or found.is_mixed or found.is_open or found.may_begin_with_year or found.contradicts_itself or found.main == "strange"
    ):
        return day_format(of, spelling, order, zone, thorough=True)
    _refuse_uncertain(of, found, order)
    return found.format(order, zone)


def _refuse_uncertain(of: Values, found: Dates, order: str) -> None:
    """Raises InputError where dates prove nothing, or too much."""
    if found.contradicts_itself:
        first, then = (", ".join(f"'{v}'" for v in some) for some in (found.day_first_examples, found.month_first_examples))
        what = f"the day comes first in {first} and the month in {then}"
        raise of.refusal(what, found.month_first_examples[0], "export again, so that all dates are written alike")
    if found.main == "strange":
        example = next(iter(found.examples.get("strange", [""])))
        what = f"'{example[:_SHOWN]}' is no date that clv can read"
        raise of.refusal(what, example, "say how dates are written, as in:\nclv ... --date-format %d/%m/%Y")
    if found.is_mixed:
        kinds = "; ".join(
            f"{found.kinds[kind]:,} like '{found.examples[kind][0]}'" for kind in sorted(found.kinds, key=lambda k: -found.kinds[k])
        )
        rarest = min(found.kinds, key=lambda kind: found.kinds[kind])
        hint = "export again, so that all dates are written alike; a --date-format with --rejects FILE sets the others aside"
        raise of.refusal(f"dates are written in several ways: {kinds}", found.examples[rarest][0], hint)
    if (found.is_open or found.may_begin_with_year) and not order:
        example = found.examples["numeric"][0]
        forms = _forms(example, found)
        likely = days_apart(of.every()) if found.is_open else ""
        hint = f" (they are in order of time as {forms[likely]})" if likely else ""
        what = "a day and a month or a month and a day" if found.is_open else "a day, month and year or a year, month and day"
        hints = "\n".join(f"clv ... --date-format {shlex.quote(form) if ' ' in form else form}" for form in forms.values())
        raise of.refusal(f"'{example}' may be {what}, and no date tells which{hint}", example, hints)


def _forms(example: str, found: Dates) -> dict[str, str]:
    """The ways to read a date of three numbers that nothing rules out, as formats."""
    sign = (re.findall(r"[0-9]+( ?[./-] ?)", example) or ["/"])[0]
    year = "%Y" if re.match(r"\s*[0-9]+\D+[0-9]+\D+[0-9]{4}", example) else "%y"
    by_day = {"dmy": f"%d{sign}%m{sign}{year}"}
    by_month = {"mdy": f"%m{sign}%d{sign}{year}"} if found.is_open else {}
    by_year = {"ymd": f"%y{sign}%m{sign}%d"} if found.may_begin_with_year else {}
    return by_day | by_month | by_year
