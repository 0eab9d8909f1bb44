"""Lines: records of text as typed lines of orders, each with the reason why it can't be used, if any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.errors import Problem, UsageError, nearest
from clvcli.exports import values
from clvcli.exports.ledger import CODES
from clvcli.exports.records import FILE, RECORD, Records
from clvcli.exports.roles import Roles
from clvcli.exports.values import Formats
from clvcli.expression import Expression

REASON = "clv:reason"
_RAW = "clv:raw:"
_NUMBER = "clv:number:"


@dataclass(frozen=True)
class Selection:
    """Which records to use and what to keep of them."""

    where: Expression | None = None
    currency: str = ""
    as_of: int | None = None
    attributes: tuple[str, ...] = ()
    if_there: tuple[str, ...] = ()

    def kept(self, roles: Roles) -> tuple[str, ...]:
        """The attributes to keep of an export with these roles."""
        return tuple(dict.fromkeys((*self.attributes, *(a for a in self.if_there if a in roles.of))))


def lines(of: Records, roles: Roles, formats: Formats, selection: Selection, position: int) -> pl.LazyFrame:
    """One row per record of a file: LINES, the attributes, and the code of a reason (0: used).

    `position` tells files apart where a record must serve as its own order id.
    """
    reader = _Reader(of, roles, formats, position)
    frame = of.frame.with_columns(reader.parsed())
    frame = _with_arithmetic(frame, reader, {**roles.arithmetic, **({"clv:where": selection.where} if selection.where else {})})
    kept = [pl.col(roles.attribute(a)).cast(pl.String).alias(a) for a in selection.kept(roles)]
    money = [values.money(pl.col(_NUMBER + name)).alias(name) for name in ("amount", "cost") if reader.has(name)]
    raw = [r.alias(_RAW + role) for role in ("ordered_at", "amount", "cost", "order_id") if (r := reader.raw(role)) is not None]
    currency = [_currency(column).alias("clv:currency")] if (column := roles.column("currency")) else []
    picked = frame.select(RECORD, FILE, "customer_id", "order_id", "day", *money, *kept, *currency, *raw, *_where(selection))
    return picked.with_columns(_reason(reader, selection).alias(REASON))


@dataclass(frozen=True)
class _Reader:
    """How one file's columns are read."""

    of: Records
    roles: Roles
    formats: Formats
    position: int

    def has(self, role: str) -> bool:
        return role in self.roles.arithmetic or self.roles.column(role) is not None

    def parsed(self) -> list[pl.Expr]:
        """The ids and the day, and as numbers the columns that are one."""
        column, schema = self.roles.of["ordered_at"], self.of.schema
        day = values.day(column, schema[column], self.formats, self.of.sample(column))
        amounts = [self.number(r).alias(_NUMBER + r) for r in ("amount", "cost") if r in self.roles.of]
        return [self.id("customer_id").alias("customer_id"), self._order().alias("order_id"), day.alias("day"), *amounts]

    def id(self, role: str) -> pl.Expr:
        column = self.roles.of[role]
        return values.identity(column, self.of.schema[column])

    def number(self, name: str) -> pl.Expr:
        column = self.roles.attribute(name)
        return values.number(column, self.of.schema[column], self.formats.decimal)

    def raw(self, role: str) -> pl.Expr | None:
        """What the file says for a role, as text."""
        if column := self.roles.column(role):
            return pl.col(column).cast(pl.String)
        if role in self.roles.arithmetic:
            columns = [pl.col(self.roles.attribute(n)).cast(pl.String) for n in sorted(self.roles.arithmetic[role].names)]
            return pl.concat_str(columns, separator=", ", ignore_nulls=True)
        return None

    def _order(self) -> pl.Expr:
        if "order_id" in self.roles.of:
            return self.id("order_id")
        record = pl.col(RECORD).cast(pl.String).str.zfill(10)
        return pl.concat_str(pl.lit(f"{self.position:03}-"), record)


def _with_arithmetic(frame: pl.LazyFrame, reader: _Reader, arithmetic: Mapping[str, Expression]) -> pl.LazyFrame:
    """Add what expressions over the export's columns give; a name is a role or a column of the file."""
    for role, expression in arithmetic.items():
        inputs = {name: f"clv:{role}:{n}" for n, name in enumerate(sorted(expression.names))}
        frame = frame.with_columns(_input(reader, expression, name).alias(column) for name, column in inputs.items())
        columns = {name: nw.col(column) for name, column in inputs.items()}
        frame = nw.from_native(frame).with_columns(expression.frame(columns).alias(_NUMBER + role)).to_native()
    return frame


def _input(reader: _Reader, expression: Expression, name: str) -> pl.Expr:
    if name in reader.roles.arithmetic:
        return pl.col(_NUMBER + name)
    column = reader.roles.column(name)
    if column is None:
        raise UsageError(Problem(f"no column '{name}' in the orders", hint=nearest(name, [*reader.roles.of, *reader.roles.columns])))
    return pl.col(column).cast(pl.String) if name in expression.texts else reader.number(name)


def _where(selection: Selection) -> Sequence[pl.Expr]:
    return [pl.col(_NUMBER + "clv:where").alias("clv:kept")] if selection.where else []


def _currency(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.strip_chars().str.to_uppercase()


def _reason(reader: _Reader, selection: Selection) -> pl.Expr:
    """The code of the first reason that holds."""
    col = pl.col
    found: list[tuple[str, pl.Expr]] = []
    if selection.where:
        found.append(("where", ~col("clv:kept").fill_null(value=False)))
    found += [
        ("no_date", col("day").is_null() & _blank("ordered_at")),
        ("bad_date", col("day").is_null()),
        ("far_date", ~col("day").is_between(values.FIRST_DAY, values.LAST_DAY)),
        ("no_amount", col("amount").is_null() & _blank("amount")),
        ("bad_amount", col("amount").is_null()),
    ]
    if reader.has("cost"):
        found.append(("bad_cost", col("cost").is_null() & ~_blank("cost")))
    found += [("no_order", col("order_id").is_null()), ("no_customer", col("customer_id").is_null())]
    if selection.currency and reader.roles.column("currency"):
        found.append(("currency", (col("clv:currency") != selection.currency.upper()).fill_null(value=True)))
    if selection.as_of is not None:
        found.append(("after", col("day") > selection.as_of))
    return pl.coalesce([pl.when(holds).then(pl.lit(CODES[name], pl.Int8)) for name, holds in found] + [pl.lit(0, pl.Int8)])


def _blank(role: str) -> pl.Expr:
    return (pl.col(_RAW + role).is_null()) | (pl.col(_RAW + role).str.strip_chars() == "")


def blamed(reasons: Sequence[str]) -> list[str]:
    """The columns of raw text that rejects are shown with."""
    return [_RAW + reason for reason in reasons]
