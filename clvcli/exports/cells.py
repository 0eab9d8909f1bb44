"""Cells: what the cells of a record say: who bought, which order, on what day, which numbers; and whether it meets a preset's conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from clvcli.errors import Problem, UsageError, nearest
from clvcli.exports import days, ids, numbers
from clvcli.exports.days import DayFormat
from clvcli.exports.fates import is_empty
from clvcli.exports.ids import NOTHING
from clvcli.exports.ledger import CODES
from clvcli.exports.names import vocabulary
from clvcli.exports.numbers import NumberFormat
from clvcli.exports.plans import Plan
from clvcli.exports.records import RECORD
from clvcli.exports.roles import Roles, found

if TYPE_CHECKING:
    from clvcli.exports.preset_schema import Condition


@dataclass(frozen=True, eq=False, repr=False)
class Cells:
    """The meaning of one file's cells under a plan, as expressions over its columns.

    `position` tells files apart where a record must serve as its own order id.
    """

    plan: Plan
    position: int
    patient: bool = False
    """Whether ids are freed of what programs put around them; it costs much and is seldom needed."""

    @property
    def roles(self) -> Roles:
        """What the columns mean."""
        return self.plan.roles

    def customer(self) -> pl.Expr:
        """The first of the identity columns that names somebody."""
        links = self.plan.preset.links if self.plan.preset else None
        payee = next((c for name in links.customer_id if (c := found(name, self.roles.columns))), None) if links else None
        named = self._first_named()
        if links and payee:
            named = pl.when(self.meets(links.if_) & ~is_empty(pl.col(payee))).then(self._id(payee)).otherwise(named)
        return self._told_apart(named)

    def _told_apart(self, text: pl.Expr) -> pl.Expr:
        """An id with its platform before it, if there are several; an address is somebody's wherever it stands."""
        if not self.plan.source:
            return text
        return pl.when(text.str.contains("@", literal=True)).then(text).otherwise(pl.lit(f"{self.plan.source}:") + text)

    def _first_named(self) -> pl.Expr:
        columns = self.roles.customers
        if len(columns) == 1 and not self.plan.guests:
            return self._id(columns[0])
        return pl.coalesce(self._each_named())

    def customer_at(self) -> pl.Expr:
        """Which of the identity columns names somebody, the first as 0."""
        return pl.coalesce(pl.when(named.is_not_null()).then(pl.lit(n, pl.Int8)) for n, named in enumerate(self._each_named()))

    def _each_named(self) -> list[pl.Expr]:
        columns, guests = self.roles.customers, self.plan.guests
        is_guess = len(columns) > 1 and self.plan.preset is None
        return [self._named(column, guests=guests if n == 0 else (), is_guess=is_guess) for n, column in enumerate(columns)]

    def _named(self, column: str, guests: tuple[str, ...], *, is_guess: bool) -> pl.Expr:
        text = self._id(column)
        bare = text.str.strip_chars()
        nobody = (
            bare.is_in(("", *NOTHING, *self.plan.nothing, *guests)) if not is_guess else bare.is_in(("", *NOTHING)) | ids.is_nobody(bare)
        )
        return pl.when(~nobody).then(text)

    def _id(self, column: str) -> pl.Expr:
        """An id as text; an address in small letters, if there is patience for it."""
        text = pl.col(column) if self.plan.of.schema[column] == pl.String else pl.col(column).cast(pl.String)
        return ids.folded_address(ids.tidied(text)) if self.patient else text

    def order(self) -> pl.Expr:
        """The order's id; that of the record itself where there is none by right."""
        return self._told_apart(self._own_order())

    def _own_order(self) -> pl.Expr:
        own = pl.concat_str(pl.lit(f"{self.position:03}-"), pl.col(RECORD).cast(pl.String).str.zfill(10))
        if "order_id" not in self.roles.of:
            return own
        order = self._id(self.roles.of["order_id"])
        if self.roles.orders:
            order = pl.coalesce([pl.when(~is_empty(pl.col(c).cast(pl.String))).then(self._id(c)) for c in self.roles.orders])
        if self.plan.nothing:
            order = pl.when(~is_empty(order) & ~order.is_in(self.plan.nothing)).then(order).otherwise(own)
        links = self.plan.preset.links if self.plan.preset else None
        to = next((c for name in links.order_id if (c := found(name, self.roles.columns))), None) if links else None
        if links and to:
            order = pl.when(self.meets(links.if_) & ~is_empty(pl.col(to))).then(pl.col(to)).otherwise(order)
        return order

    def day(self) -> pl.Expr:
        """The day number, in the shop's own time zone."""
        column, tz = self.roles.of["ordered_at"], self.plan.wishes.spelling.tz
        dtype = self.plan.of.schema[column]
        if dtype.is_temporal():
            value = pl.col(column)
            moved = value.dt.convert_time_zone(tz) if isinstance(dtype, pl.Datetime) and dtype.time_zone and tz else value
            return moved.dt.date().cast(pl.Int32)
        text = self._id(column)
        more = self.roles.joined.get("ordered_at", ())
        how = self.plan.days
        if more and tz and how.zone:
            text, how = pl.concat_str(text, *map(pl.col, more), separator=" "), DayFormat(how.kind, how.given, how.zone)
        return days.day(text, how, tz)

    def number_in(self, column: str, role: str = "") -> pl.Expr:
        """The number in a column; the sum of those that a preset's pattern finds in a text."""
        if self.plan.of.schema[column] != pl.String:
            minor = self.plan.numbers.get(column, NumberFormat()).minor
            value = pl.col(column).cast(pl.Float64, strict=False)
            return value / minor if minor > 1 else value
        source = self.plan.preset.columns.get(role) if self.plan.preset else None
        if source and source.sum_of:
            return self._sum_in(column, source.sum_of)
        value = numbers.number(pl.col(column), self.plan.numbers.get(column, NumberFormat("written")))
        return -value if source and source.negative else value

    def _sum_in(self, column: str, pattern: str) -> pl.Expr:
        """The sum of the numbers in a text, with the decimal mark of the amount where that fits; null if one of them is none."""
        amount = self.plan.numbers.get(self.roles.of.get("amount", ""), NumberFormat())
        marks = (",", ".") if amount.kind == "written" and amount.decimal == "," else (".", ",")
        said = pl.element().str.extract(pattern, 1).str.strip_chars_end(".,")
        parts = (
            pl.col(column)
            .str.extract_all(pattern)
            .list.eval(pl.coalesce(numbers.number(said, NumberFormat("written", m)) for m in marks).abs())
        )
        return pl.when(parts.list.eval(pl.element().is_not_null()).list.all()).then(parts.list.sum())

    def attribute(self, name: str) -> pl.Expr:
        """An attribute as text; null where it is blank."""
        if name in self.roles.constants:
            return pl.lit(self.roles.constants[name])
        text = pl.col(self.roles.attribute(name)).cast(pl.String).str.strip_chars()
        return pl.when(text != "").then(text)

    def is_blank(self, role: str) -> pl.Expr:
        """Whether any of a role's columns is empty in the file."""
        blank = [is_empty(pl.col(c).cast(pl.String)) for c in self.sources(role)]
        return pl.any_horizontal(blank) if blank else pl.lit(value=False)

    def sources(self, role: str) -> list[str]:
        """The file's columns that make a role."""
        if role in self.roles.arithmetic:
            names = sorted(self.roles.arithmetic[role].names)
            made = {n for n in names if n in self.roles.arithmetic and n != role}
            return [c for n in names for c in (self.sources(n) if n in made else [self.column(n)])]
        if role == "customer_id":
            return list(self.roles.customers)
        return [column] if (column := self.roles.of.get(role)) else []

    def column(self, name: str) -> str:
        """The file's column for a name in an expression; raises UsageError if there is none."""
        known = self.roles.column(name) or found(name, self.roles.columns)
        if known is None:
            raise UsageError(Problem(f"no column '{name}' in the orders", hint=nearest(name, [*self.roles.of, *self.roles.columns])))
        return known

    def cancelled_by(self, column: str) -> list[pl.Expr]:
        """The fates of records that a second status says were cancelled, or a test."""
        said = pl.col(column).cast(pl.String).str.to_lowercase().str.replace_all(r"[_\-.\s]+", " ").str.strip_chars()
        known = {fate: [word for word, verdict in vocabulary().items() if verdict == fate] for fate in ("cancelled", "test")}
        return [pl.when(said.is_in(words)).then(pl.lit(CODES[fate], pl.Int8)) for fate, words in known.items()]

    def is_summed_up(self, column: str) -> pl.Expr:
        """Whether a record has something in a column that is empty in another record of its order."""
        order, is_sum = self.order(), is_empty(pl.col(column).cast(pl.String))
        return ~is_sum & order.is_not_null() & is_sum.any().over(order)

    def meets(self, conditions: tuple[Condition, ...]) -> pl.Expr:
        """Whether a record meets all conditions of a preset; one on a column that isn't there is never met."""
        return pl.all_horizontal([self._holds(condition) for condition in conditions])

    def _holds(self, condition: Condition) -> pl.Expr:
        column = next((c for name in condition.column if (c := found(name, self.roles.columns))), None)
        if column is None:
            return pl.lit(value=False)
        text = pl.col(column).cast(pl.String).fill_null("").str.strip_chars().str.to_lowercase()
        wanted = condition.is_ or condition.is_not
        exact = [value for value in wanted if "*" not in value]
        patterns = ["^" + ".*".join(map(re.escape, value.split("*"))) + "$" for value in wanted if "*" in value]
        holds = pl.any_horizontal([text.is_in(exact), *(text.str.contains(pattern) for pattern in patterns)])
        return holds if condition.is_ else ~holds
