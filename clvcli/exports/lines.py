"""Lines: records of text as typed lines of orders, each with its fate as cheaply as it can be told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.exports import numbers
from clvcli.exports.cells import Cells
from clvcli.exports.fates import (
    CANCELLED,
    CURRENCY,
    DIFFERS,
    FATE,
    FITS,
    KEPT,
    PART,
    RAW,
    RULE,
    SEVERAL,
    STATUS,
    Selection,
    fate,
    is_empty,
    says_so,
)  # fmt: skip
from clvcli.exports.ledger import CODES
from clvcli.exports.plans import Plan
from clvcli.exports.records import FILE, MORE, RECORD
from clvcli.exports.roles import Roles, found
from clvcli.exports.statuses import REFUNDED
from clvcli.expression import Expression
from clvcli.orders import TAKEN_OFF

EMPTY = "clv:empty"
FIRST = "clv:first"
AGAIN = "clv:again"
"""Whether a whole record is empty, what stands in its first column, and whether it is the header: asked only of lines that can't be read."""
_READ = "clv:read"
_NUMBER = "clv:number:"
_AT = "clv:customer at"
_OPTIONAL_MONEY = ("refund", "discount", "tax", "shipping", "once_per_order")


@dataclass(frozen=True, eq=False, repr=False)
class Lines:
    """One file's records, read as lines of orders under a plan.

    `position` tells files apart where a record must serve as its own order id. `spelled` is the currency that all
    records should be in, as the first of them spells it; None if they have none.
    """

    plan: Plan
    selection: Selection
    position: int
    spelled: str | None = None
    patient: bool = False
    """Whether ids are freed of what programs put around them; it costs much and is seldom needed."""

    @cached_property
    def classified(self) -> pl.LazyFrame:
        """Every record, or every order where its values are taken once: LINES, the attributes, and its fate."""
        kept = [name for name in (*_AS_LINES, *self.selection.kept(self.roles)) if name in self.names]
        part = pl.lit(self.position, pl.Int16).alias(PART)
        return self._lines.select(*dict.fromkeys(kept), self.fate.alias(FATE), part)

    @property
    def roles(self) -> Roles:
        """What the columns mean."""
        return self.plan.roles

    @cached_property
    def cells(self) -> Cells:
        """What the cells of its records say."""
        return Cells(self.plan, self.position, self.patient)

    def with_fate(self, *codes: int) -> pl.LazyFrame:
        """The lines of these fates with all that can be told of them, among it the fate and what the file says."""
        return self._lines.with_columns(self.fate.alias(FATE)).filter(pl.col(FATE).is_in(codes))

    @cached_property
    def names(self) -> list[str]:
        """The columns of the lines."""
        return self._lines.collect_schema().names()

    @cached_property
    def fate(self) -> pl.Expr:
        """The code of what becomes of a line."""
        return fate(self.names, self.plan, self.selection, self.spelled, self.is_blank("cost"))

    def is_blank(self, role: str) -> pl.Expr:
        """Whether any of a role's columns is empty, by what was kept of the file."""
        blank = [is_empty(pl.col(RAW + c)) for c in self.cells.sources(role)]
        return pl.any_horizontal(blank) if blank else pl.lit(value=False)

    @cached_property
    def _lines(self) -> pl.LazyFrame:
        """The records, or the orders that they repeat or share a header for; amounts net of what a column says was given back."""
        found_ = self._whole_orders(self._parsed) if self.plan.is_whole_order else self._parsed
        if not self.has_refund:
            return found_
        alone = pl.col("amount").is_null() & self.is_blank("amount") & (pl.col("refund") > 0)
        before = pl.when(alone).then(0).otherwise(pl.col("amount")) if self.plan.grain == "repeated" else pl.col("amount")
        return found_.with_columns((before - pl.col("refund")).alias("amount"))

    @property
    def has_refund(self) -> bool:
        """Whether the file says of a record what was given back of it: in a column, or by a status."""
        return self.roles.has("refund") or bool(self._given_back)

    @cached_property
    def _given_back(self) -> list[str]:
        """The statuses of orders that were given back whole."""
        return self.plan.statuses.of_verdict(REFUNDED) if self.plan.statuses else []

    def records_of(self, orders: pl.Series) -> pl.LazyFrame:
        """The file and the number of every record of some orders."""
        return self._parsed.filter(pl.col("order_id").is_in(orders.implode())).select(FILE, "order_id", RECORD)

    def _whole_orders(self, records: pl.LazyFrame) -> pl.LazyFrame:
        """One row per order of records that repeat its values, or hold them on one of its records only."""
        names = records.collect_schema().names()
        keys = ["order_id", FILE, *([RULE] if RULE in names else [])]
        largest = {"amount", STATUS, CANCELLED, KEPT, *TAKEN_OFF, "once", "cost"}
        taken = [pl.col(n).max() if n in largest else pl.col(n).min() for n in names if n not in (*keys, FITS, "customer_id")]
        differs = (pl.col("amount").max() != pl.col("amount").min()) & pl.col("amount").max().is_not_null()
        if "refund" in names:
            differs |= (pl.col("refund").filter(pl.col("refund") > 0).min() != pl.col("refund").max()).fill_null(value=False)
        people = pl.col("customer_id")
        people = people.filter(pl.col(_AT) == pl.col(_AT).min()) if _AT in names else people
        several = people.max() != people.min()
        counted = pl.len().cast(pl.Int64).alias("records")
        return records.group_by(keys).agg(*taken, people.max(), pl.col(FITS).all(), differs.alias(DIFFERS), several.alias(SEVERAL), counted)

    @cached_property
    def _parsed(self) -> pl.LazyFrame:
        """Every record: what clv reads in it, and beside it what the file says."""
        frame = self.plan.of.frame.with_columns(self._read())
        where = {"clv:where": self.selection.where} if self.selection.where else {}
        for role, expression in {**self.roles.arithmetic, **where}.items():
            frame = self._with_arithmetic(frame, role, expression)
        frame = frame.with_columns(self._money())
        currency = [pl.lit(self.roles.constants["currency"]).alias(CURRENCY)] if "currency" in self.roles.constants else []
        currency = [pl.col(c).cast(pl.String).alias(CURRENCY)] if (c := self.roles.of.get("currency")) else currency
        raw = dict.fromkeys(c for role in _TOLD for c in self.cells.sources(role))
        return frame.select(
            RECORD,
            FILE,
            *(pl.col(f"{_READ}:{name}").alias(name) for name in self._read_names),
            *currency,
            *(self.cells.attribute(a).alias(a) for a in self.selection.kept(self.roles)),
            *(pl.col(c).cast(pl.String).alias(RAW + c) for c in raw),
            *self._flags(),
            *self._asked_of_unsound(),
            *([pl.col(_NUMBER + "clv:where").alias(KEPT)] if where else []),
        )

    @property
    def _read_names(self) -> list[str]:
        """The columns of LINES that this file gives, and those for the ledger."""
        optional = [name for name in ("discount", *self.plan.removed) if self.roles.has(name)]
        optional += ["refund"] if self.has_refund else []
        once = ["once"] if self.roles.has("once_per_order") else []
        cost = ["cost"] if self.roles.has("cost") else []
        return ["customer_id", "order_id", "day", "amount", *optional, *once, *cost]

    def _flags(self) -> Iterator[pl.Expr]:
        """What decides a record's fate beside its values."""
        yield (pl.col(MORE).is_null() if self.plan.of.more else pl.lit(value=True)).alias(FITS)
        if self.plan.statuses is not None:
            yield pl.col(self.roles.of["status"]).cast(pl.String).alias(STATUS)
        if "cancelled_at" in self.roles.of:
            yield says_so(pl.col(self.roles.of["cancelled_at"]).cast(pl.String)).alias(CANCELLED)
        rules = self.plan.preset.rows if self.plan.preset else ()
        if self.plan.grain == "repeated" and len(self.roles.customers) > 1:
            yield self.cells.customer_at().alias(_AT)
        codes: list[pl.Expr] = [pl.when(self.cells.meets(rule.if_)).then(pl.lit(CODES[rule.fate], pl.Int8)) for rule in rules]
        codes += self.cells.cancelled_by(self.plan.also_status) if self.plan.also_status else []
        codes += [pl.when(self.cells.is_summed_up(column)).then(pl.lit(CODES["part"], pl.Int8)) for column in self._summaries]
        if codes:
            yield pl.coalesce(codes).alias(RULE)

    @property
    def _summaries(self) -> list[str]:
        """The column that is empty in records that sum up their orders, if the file has one."""
        names = self.plan.preset.summary if self.plan.preset else ()
        return [column for name in names if (column := found(name, self.roles.columns))][:1]

    def _asked_of_unsound(self) -> Iterator[pl.Expr]:
        """What tells a record that can't be read from a line that is none."""
        columns = [c for c in self.plan.of.schema if not c.startswith("clv:")]
        yield pl.all_horizontal([is_empty(pl.col(c).cast(pl.String)) for c in columns]).alias(EMPTY)
        yield pl.col(columns[0]).cast(pl.String).alias(FIRST)
        names = {c: re.sub(r"#\d+$", "", c).lower() for c in columns}
        yield pl.all_horizontal(
            [pl.col(c).cast(pl.String).str.strip_chars("\ufeff ").str.to_lowercase() == name for c, name in names.items()]
        ).alias(AGAIN)

    def _read(self) -> list[pl.Expr]:
        """The ids and the day, and the columns that are numbers."""
        money = [role for role in ("amount", "cost", *_OPTIONAL_MONEY) if role in self.roles.of]
        values = [self.cells.number_in(self.roles.of[role], role).alias(_NUMBER + role) for role in money]
        told = {"customer_id": self.cells.customer(), "order_id": self.cells.order(), "day": self.cells.day()}
        return [*(value.alias(f"{_READ}:{name}") for name, value in told.items()), *values]

    def _money(self) -> list[pl.Expr]:
        """The amount as policy has it and net of its refund, and what was taken off, each in ten-thousandths."""
        read = {role: numbers.money(pl.col(_NUMBER + role)) for role in ("amount", "cost", *_OPTIONAL_MONEY) if self._is_number(role)}
        off = {role: pl.when(self.cells.is_blank(role)).then(0).otherwise(read[role]) for role in _OPTIONAL_MONEY if role in read}
        charged = read["amount"]
        basis = charged - sum((off[part] for part in self.plan.removed), start=pl.lit(0, pl.Int64)) if self.plan.removed else charged
        refund = self._refund(off.get("refund"), charged)
        if refund is not None and self.plan.removed:
            share = basis.cast(pl.Float64) / charged
            refund = pl.when(charged != 0).then((refund * share).round().cast(pl.Int64)).otherwise(refund)
        found_ = {"amount": basis}
        found_ |= {} if refund is None else {"refund": refund}
        found_ |= {
            name: off[name].fill_null(0) if name == "discount" else off[name] for name in ("discount", *self.plan.removed) if name in off
        }
        found_ |= {"once": off["once_per_order"]} if "once_per_order" in off else {}
        found_ |= {"cost": read["cost"]} if "cost" in read else {}
        return [value.alias(f"{_READ}:{name}") for name, value in found_.items()]

    def _refund(self, said: pl.Expr | None, charged: pl.Expr) -> pl.Expr | None:
        """What was given back: what a column says, whatever its sign; all of it, if none says anything and the status does.

        Where nobody knows the export, records that are negative say better what was given back.
        """
        given = pl.lit(0, pl.Int64) if said is None else said.abs()
        if not self._given_back:
            return None if said is None else given
        wholly = pl.col(self.roles.of["status"]).cast(pl.String).is_in(self._given_back) & (charged > 0)
        wholly &= pl.lit(value=True) if said is None else self.cells.is_blank("refund")
        wholly = wholly if self.plan.preset else wholly & (charged.min() >= 0)
        return pl.when(wholly).then(charged).otherwise(given)

    def _is_number(self, role: str) -> bool:
        return role in self.roles.arithmetic or role in self.roles.of

    def _with_arithmetic(self, frame: pl.LazyFrame, role: str, expression: Expression) -> pl.LazyFrame:
        """Add what an expression over the file's columns gives."""
        inputs = {name: f"clv:{role}:{n}" for n, name in enumerate(sorted(expression.names))}
        frame = frame.with_columns(self._input(role, expression, name).alias(column) for name, column in inputs.items())
        columns = {name: nw.col(column) for name, column in inputs.items()}
        result: pl.LazyFrame = nw.from_native(frame).with_columns(expression.frame(columns).alias(_NUMBER + role)).to_native()
        return result

    def _input(self, role: str, expression: Expression, name: str) -> pl.Expr:
        if name in self.roles.arithmetic and name != role:
            return pl.col(_NUMBER + name)
        column = self.cells.column(name)
        return pl.col(column).cast(pl.String) if name in expression.texts else self.cells.number_in(column)


_AS_LINES = ("customer_id", "order_id", "day", "amount", *TAKEN_OFF, "once", "cost", "records")
_TOLD = ("ordered_at", "amount", "refund", "cost", "order_id", "customer_id")
"""The roles whose columns are kept beside what was read in them, to tell what is wrong with a record."""
