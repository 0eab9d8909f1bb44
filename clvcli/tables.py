"""What is shown: a unit, a column with a meaning, and a table of such columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

Frame = nw.LazyFrame[Any]

MONEY_SCALE = 10_000
"""Money is measured and merged as a whole number of ten-thousandths of the currency unit."""

UNKNOWN = "–"


class Unit(Enum):
    """What a number counts."""

    TEXT = "text"
    DATE = "date"
    COUNT = "count"
    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"
    MONEY = "money"
    EXACT_MONEY = "exact money"
    """Money of which no part of a cent is left out, where a sum must tie out."""
    EXPECTED = "expected number"
    """A number that a model expects, measured in ten-thousandths as money is."""
    PARAMETER = "parameter"
    """A number of any size, of which people read five digits."""
    SHARE = "share"
    NUMBER = "number"
    ROW = "row"
    """The unit is the one named in the row's own column `unit`."""

    @property
    def json_type(self) -> str:
        """Its type in JSON Schema; any value may also be null."""
        return {Unit.TEXT: "string", Unit.DATE: "string", Unit.COUNT: "integer"}.get(self, "number")

    @property
    def is_number(self) -> bool:
        """Whether people read it right-aligned."""
        return self not in (Unit.TEXT, Unit.DATE)

    def show(self, value: Any) -> str:
        """How a person reads `value`; machines get the value itself."""
        if value is None:
            return UNKNOWN
        if self is Unit.MONTHS and isinstance(value, int):
            return f"{value:,} mo"
        if self in _PATTERNS:
            shown = _PATTERNS[self].format(value)
            shown = re.sub(r"0{1,2}$", "", shown) if self is Unit.EXACT_MONEY else shown
            return shown.removeprefix("-") if not any(c in "123456789" for c in shown) else shown
        return value.isoformat() if isinstance(value, date) else str(value)

    def in_units(self, values: pl.Series) -> pl.Series:
        """A measured column as it is shown and written: money in currency units, what is expected in ones, days as dates.

        Only whole-number columns change; what a formula gave is in units already. Money is divided
        by a series, since Polars divides by one number through its reciprocal, which isn't exact.
        """
        if self in (Unit.MONEY, Unit.EXACT_MONEY, Unit.EXPECTED) and values.dtype == pl.Int64:
            return values.cast(pl.Float64) / pl.repeat(float(MONEY_SCALE), len(values), eager=True)
        if self is Unit.DATE and values.dtype.is_integer():
            return values.cast(pl.Int32).cast(pl.Date)
        return values


_PATTERNS = {
    Unit.COUNT: "{:,.0f}",
    Unit.DAYS: "{:,.0f} d",
    Unit.MONTHS: "{:,.1f} mo",
    Unit.YEARS: "{:,.2f} y",
    Unit.MONEY: "{:,.2f}",
    Unit.EXACT_MONEY: "{:,.4f}",
    Unit.EXPECTED: "{:,.1f}",
    Unit.PARAMETER: "{:,.5g}",
    Unit.SHARE: "{:.1%}",
    Unit.NUMBER: "{:,.2f}",
}


@dataclass(frozen=True)
class Column:
    """One definition, read by table headers, `clv explain`, the docs and the JSON alike."""

    name: str
    label: str
    unit: Unit
    description: str
    source: str = ""


@dataclass(frozen=True)
class Table:
    """A frame whose every column is defined, with what must be said about it.

    `keys` is how many leading columns name the row; `hidden` are columns for machines alone;
    `footer` is a last row for people (a total), by column name.

    What people see besides: the cells of all `shaded` columns are one heat map, of whole per cents
    and short money, empty where nothing was observed; a star follows the cells that are `marks`
    (row, column name), of a period still running; a bar follows the numbers of `bars`. A table
    `for_machines` is one that people see only if they ask for it by name.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    frame: pl.DataFrame
    notes: tuple[str, ...] = ()
    keys: int = 1
    hidden: frozenset[str] = frozenset()
    footer: Mapping[str, Any] = field(default_factory=dict)
    shaded: frozenset[str] = frozenset()
    marks: frozenset[tuple[int, str]] = frozenset()
    bars: frozenset[str] = frozenset()
    for_machines: bool = False

    def __post_init__(self) -> None:
        defined = [column.name for column in self.columns]
        if defined != self.frame.columns:
            raise ValueError(f"{self.name}: the frame has {self.frame.columns}, its columns say {defined}")
        if strange := {*self.shaded, *self.bars, *(name for _, name in self.marks)} - {*defined}:
            raise ValueError(f"{self.name}: no column is called {', '.join(sorted(strange))}")

    def without(self, *names: str) -> Table:
        """The table with fewer columns."""
        kept = tuple(column for column in self.columns if column.name not in names)
        return replace(self, columns=kept, frame=self.frame.drop(names, strict=False), hidden=self.hidden - {*names})

    @classmethod
    def of(cls, name: str, title: str, columns: tuple[Column, ...], frame: pl.DataFrame, **rest: Any) -> Table:
        """The table of `frame`, its measured columns turned into units."""
        series = [column.unit.in_units(frame[column.name]) for column in columns]
        return cls(name, title, columns, pl.DataFrame(series), **rest)


@dataclass(frozen=True)
class Source:
    """What an answer was made from: the file at `path`, or `content` that came from no file, as from standard input."""

    name: str
    role: str
    """orders, spend, model or config."""
    path: str = ""
    content: bytes | None = field(default=None, repr=False)
    records: int | None = None


@dataclass(frozen=True)
class Report:
    """The answer to one question: tables, what they were made from, and what must be said.

    `facts` are the same for machines as `remarks` are for people; the first table is the
    one that a format with room for one gets. `sources` are what was read.
    """

    command: str
    tables: tuple[Table, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    customers: pl.DataFrame | None = field(default=None, compare=False, repr=False)
    """Every customer_id with a `day`, by which ids are told apart that look alike once they are masked."""
    shows_ids: bool = False
    """Whether people see ids as they are."""

    @property
    def outline(self) -> list[dict[str, Any]] | None:
        """How its tables are read one after another, for machines, if that is said."""
        return None

    sources: tuple[Source, ...] = ()
