"""Dating: what the values of a column prove of how it writes days, and where they prove nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from clvcli.exports.days import DAY_AND_NAME, NAME_AND_DAY, OFFSET, YEAR_AND_NAME, DayFormat, Kind, day
from clvcli.exports.ids import BLANK, VALUE, tidied

_NUMERIC = r"^[0-9]{1,2} ?[./-] ?[0-9]{1,2} ?[./-] ?(?:[0-9]{4}|[0-9]{2})\.?(?:[T ,].*)?$"
_PATTERNS: Mapping[str, str] = {
    "iso": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?$",
    "ymd": r"^[0-9]{4} ?[./-] ?[0-9]{1,2} ?[./-] ?[0-9]{1,2}\.?(?:[T ,].*)?$",
    "numeric": _NUMERIC,
    "named": f"{DAY_AND_NAME}|{NAME_AND_DAY}|{YEAR_AND_NAME}",
    "compact": r"^(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]$",
    "seconds": r"^[0-9]{10}(?:\.[0-9]+)?$",
    "milliseconds": r"^[0-9]{13}$",
    "microseconds": r"^[0-9]{16}$",
    "serial": r"^[2-5][0-9]{4}(?:[.,][0-9]+)?$",
}
"""The ways to write a day; the first that a value is written in is its own."""
_OFTENER = 2
"""How many times as many days of a month as years there surely are in dates of which there are a few."""
_STRANGE = "strange"
_PLAIN = r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}[./-][0-9]{2}[./-][0-9]{4})"
_SHORT = r"^[0-9]{2} ?[./-] ?[0-9]{1,2} ?[./-] ?([0-9]{2})\.?(?:[T ,].*)?$"
_MONTHS, _DAYS = 12, 31
_EXAMPLES = 3
_HALF = 0.5
_MOST = 0.99
"""The share of values from which on the others are mistakes, not a second way of writing."""
_AN_HOUR = 60


@dataclass(frozen=True, eq=False, repr=False)
class Dates:
    """How many values of a column are written in which way, with examples; what is proven of the order of day and month."""

    values: int
    kinds: Mapping[str, int]
    examples: Mapping[str, Sequence[str]]
    day_first: int
    month_first: int
    day_first_examples: Sequence[str]
    month_first_examples: Sequence[str]
    offsets: frozenset[str]
    likes: frozenset[str]
    first: str
    year_first: int = 0
    """How many values could begin with a year of two digits."""
    firsts: int = 0
    thirds: int = 0
    """How many first and last numbers there are among them."""

    @property
    def main(self) -> str:
        """The way in which most dates are written; strange values are no dates, unless hardly any value is one."""
        dates_ = {kind: count for kind, count in self.kinds.items() if kind != _STRANGE}
        known = sum(dates_.values())
        return max(dates_, key=lambda kind: dates_[kind]) if dates_ and known >= _HALF * self.values else _STRANGE

    @property
    def is_mixed(self) -> bool:
        """Whether too many dates are written in other ways than most."""
        known = sum(count for kind, count in self.kinds.items() if kind != _STRANGE)
        return self.main != _STRANGE and self.kinds[self.main] < _MOST * known

    @property
    def is_open(self) -> bool:
        """Whether nothing proves which of two numbers is the day."""
        return self.main == "numeric" and not self.day_first and not self.month_first

    @property
    def may_begin_with_year(self) -> bool:
        """Whether the first of three numbers may be a year of two digits: it is in all, and days of a month don't vary so much more than years."""
        return self.main == "numeric" and self.year_first == self.kinds["numeric"] and self.firsts <= _OFTENER * self.thirds

    @property
    def contradicts_itself(self) -> bool:
        """Whether some values prove that the day comes first and others that the month does."""
        return bool(self.day_first and self.month_first)

    def format(self, order: str = "", zone: str = "") -> DayFormat:
        """The format that they prove; `order` says which of two numbers is the day where they don't."""
        kind: Kind = self.main  # type: ignore[assignment]  # numeric is decided here
        if kind == "numeric":  # type: ignore[comparison-overlap]
            kind = "dmy" if self.day_first else "mdy" if self.month_first else order
        only = next(iter(self.likes)) if len(self.likes) == 1 and len(self.kinds) == 1 else ""
        plain = self.first if only and kind in ("iso", "dmy", "mdy") else ""
        tails = self.offsets - {""}
        apart = {_minutes(tail) for tail in tails}
        moved = bool(tails) and max(apart) - min(apart) > _AN_HOUR
        usable = () if moved or "" in self.offsets else tuple(sorted(tails | _neighbours(tails)))
        return DayFormat(kind, zone=zone, offsets=usable, has_offsets=bool(tails), is_moved=moved, like=plain)


def _minutes(tail: str) -> int:
    digits = tail[1:].replace(":", "")
    if not digits.isdigit():
        return 0
    ahead = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return -ahead if tail.startswith("-") else ahead


def _neighbours(tails: frozenset[str]) -> set[str]:
    """The offsets an hour from these, as written: a shop's own in the other half of the year."""
    written = {t for t in tails if t[1:].replace(":", "").isdigit()}
    return {_written(_minutes(t) + hour, t) for t in written for hour in (-_AN_HOUR, _AN_HOUR)} if len(tails) == 1 else set()


def _written(minutes: int, like: str) -> str:
    hours, rest = divmod(abs(minutes), 60)
    sign, colon = "-" if minutes < 0 else "+", ":" if ":" in like else ""
    return f"{sign}{hours:02}" if len(like) == len("+01") else f"{sign}{hours:02}{colon}{rest:02}"


def dates(values: pl.LazyFrame) -> Dates:
    """What the values of a column, given as VALUE, prove; blank ones prove nothing."""
    text = tidied(pl.col(VALUE))
    kind = pl.coalesce(*(pl.when(text.str.contains(pattern)).then(pl.lit(name)) for name, pattern in _PATTERNS.items()), pl.lit(_STRANGE))
    first, second = (text.str.extract(r"^([0-9]{1,2}) ?[./-] ?([0-9]{1,2}) ?[./-]", n).cast(pl.Int32, strict=False) for n in (1, 2))
    third = text.str.extract(_SHORT, 1).cast(pl.Int32, strict=False)
    given = values.filter(~BLANK).select(
        VALUE, text=text, kind=kind, first=first, second=second, third=third, offset=text.str.extract(OFFSET, 1), like=_outline(text)
    )
    numeric = pl.col("kind") == "numeric"
    by_year = numeric & pl.col("second").is_between(1, _MONTHS) & pl.col("third").is_between(1, _DAYS)
    by_day, by_month = numeric & (pl.col("first") > _MONTHS), numeric & (pl.col("second") > _MONTHS)
    whole = given.select(
        pl.len().alias("values"),
        by_day.sum().alias("day_first"),
        by_month.sum().alias("month_first"),
        pl.col(VALUE).filter(by_day).head(_EXAMPLES).implode().alias("day_first_examples"),
        pl.col(VALUE).filter(by_month).head(_EXAMPLES).implode().alias("month_first_examples"),
        pl.col("offset").unique().implode().alias("offsets"),
        pl.col("like").unique().implode().alias("likes"),
        pl.col("text").first().alias("first"),
        by_year.sum().alias("year_first"),
        pl.col("first").filter(by_year).n_unique().alias("firsts"),
        pl.col("third").filter(by_year).n_unique().alias("thirds"),
    )
    kinds = given.group_by("kind").agg(pl.len(), pl.col(VALUE).head(_EXAMPLES).alias("examples"))
    found, by_kind = pl.collect_all([whole, kinds])
    row = found.row(0, named=True)
    offsets = frozenset(tail or "" for tail in row.pop("offsets"))
    likes = frozenset(like or "" for like in row.pop("likes"))
    counts = {name: count for name, count, _ in sorted(by_kind.iter_rows())}
    return Dates(
        **{**row, "first": row["first"] or ""},
        kinds=counts,
        examples={name: list(some) for name, _, some in by_kind.iter_rows()},
        offsets=offsets if offsets != {""} else frozenset(),
        likes=likes,
    )


def _outline(text: pl.Expr) -> pl.Expr:
    """A plain date without its digits, and the character after it: values of one outline are read by one rule."""
    plain = text.str.extract(rf"{_PLAIN}(?:.|$)", 0)
    return (
        pl.when(plain.str.len_bytes() == text.str.len_bytes())
        .then(plain.str.replace_all("[0-9]", "9"))
        .otherwise(plain.str.replace_all("[0-9]", "9"))
    )


def days_apart(values: pl.LazyFrame) -> str:
    """The order of day and month under which undecided values rise or fall from first to last; empty if both or neither do."""
    text = tidied(pl.col(VALUE))
    read = values.filter(~BLANK).select(dmy=day(text, DayFormat("dmy")), mdy=day(text, DayFormat("mdy"))).collect()
    sorted_by = [name for name in read.columns if read[name].is_sorted() or read[name].is_sorted(descending=True)]
    return sorted_by[0] if len(sorted_by) == 1 else ""


def plain(how: DayFormat) -> DayFormat:
    """The same format, read with patience: blanks, one-digit days and any mark between the parts."""
    return replace(how, like="")
