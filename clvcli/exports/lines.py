"""Lines: records of text as typed lines of orders, and for those that can't be used the reason why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import narwhals.stable.v2 as nw
import polars as pl

from clvcli.errors import Problem, UsageError, nearest
from clvcli.exports import values
from clvcli.exports.dialect import BLANKS
from clvcli.exports.ledger import CODES, REASONS, UNSOUND
from clvcli.exports.records import FILE, MORE, RECORD, Records, blank_records
from clvcli.exports.roles import Roles, found
from clvcli.exports.values import Formats
from clvcli.expression import Expression

FATE = "clv:fate"
REASON = "clv:reason"
VALUE = "clv:value"
CURRENCY = "clv:currency"
FITS = "clv:fits"
_KEPT = "clv:kept"
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


@dataclass(frozen=True)
class Lines:
    """One file's records, read as lines of orders.

    `position` tells files apart where a record must serve as its own order id. `spelled` is the
    currency that all records should be in, as the first of them spells it; None if they have none. With `cleaned`,
    blanks around ids and numbers and words for nothing are taken off; it costs a tenth of reading
    and is seldom needed.
    """

    of: Records
    roles: Roles
    formats: Formats
    selection: Selection
    position: int
    spelled: str | None = None
    cleaned: bool = False

    @cached_property
    def classified(self) -> pl.LazyFrame:
        """Every record: LINES, the attributes, and its fate as the code of a reason, as cheaply as it can be told."""
        kept = self.selection.kept(self.roles)
        cost = ["cost"] if "cost" in self._names else []
        amount = pl.when(self._is_exact("amount")).then(pl.col("amount")).alias("amount")
        return self._parsed.select("customer_id", "order_id", "day", amount, *cost, *kept, self._fate().alias(FATE))

    @cached_property
    def rejected(self) -> pl.LazyFrame:
        """The records that can't be read: file, record, the code of the reason, the amount if it is one, what the file says."""
        rest = self._parsed.filter(self._fate() == UNSOUND)
        code = pl.coalesce(pl.when(holds).then(pl.lit(CODES[name], pl.Int8)) for name, holds in self._reasons())
        return self._told(rest.with_columns(code.alias(REASON)), readable=self._is_exact("amount"))

    def of_orders(self, ids: pl.Series) -> pl.LazyFrame:
        """The records used so far whose order id belongs to two customers, as rejected ones."""
        shared = self._parsed.filter((self._fate() == CODES["used"]) & pl.col("order_id").is_in(ids.implode()))
        return self._told(shared.with_columns(pl.lit(CODES["two_customers"], pl.Int8).alias(REASON)), readable=pl.lit(value=True))

    @cached_property
    def currencies(self) -> pl.LazyFrame:
        """The records that are used or in another currency than asked for: each with its currency and amount."""
        fate = self._fate()
        return self._parsed.filter(fate.is_in([CODES["used"], CODES["currency"]])).select(currency(), "amount")

    @cached_property
    def _names(self) -> list[str]:
        return self._parsed.collect_schema().names()

    @cached_property
    def _parsed(self) -> pl.LazyFrame:
        """Every record: what clv reads in it, and beside it what the file says."""
        records = self.of.frame
        if self.cleaned and (blank := blank_records(self.of)):
            records = records.filter(~pl.col(RECORD).is_in(blank))
        frame = records.with_columns(self._read())
        where = {"clv:where": self.selection.where} if self.selection.where else {}
        for role, expression in {**self.roles.arithmetic, **where}.items():
            frame = self._with_arithmetic(frame, role, expression)
        amounts = [values.money(pl.col(_NUMBER + name)).alias(name) for name in ("amount", "cost") if self._has(name)]
        currency = [pl.col(c).cast(pl.String).alias(CURRENCY)] if (c := self.roles.column("currency")) else []
        kept = [_filled(self.roles.attribute(a)).alias(a) for a in self.selection.kept(self.roles)]
        raw = dict.fromkeys(c for role in ("ordered_at", "amount", "cost", "order_id") for c in self._sources(role))
        condition = [pl.col(_NUMBER + "clv:where").alias(_KEPT)] if where else []
        ids = [pl.col(f"clv:{name}").alias(name) for name in ("customer_id", "order_id", "day")]
        return frame.select(
            RECORD, FILE, *ids, *amounts, *currency, *kept, *(pl.col(c).alias(_RAW + c) for c in raw), *condition, self._fits().alias(FITS)
        )

    def _fits(self) -> pl.Expr:
        """Whether a record has no more fields than its file has columns."""
        text = self.of.dialect and self.of.dialect.delimiter != BLANKS
        return pl.col(MORE).is_null() if text else pl.lit(value=True)

    def _read(self) -> list[pl.Expr]:
        """The ids and the day, and the columns that are numbers."""
        column, schema = self.roles.of["ordered_at"], self.of.schema
        like = None if self.cleaned else next(filter(values.is_iso, self.of.sample(column)), "") if schema[column] == pl.String else ""
        day = values.day(column, schema[column], self.formats, like)
        numbers = [self._number_in(self.roles.of[role]).alias(_NUMBER + role) for role in ("amount", "cost") if role in self.roles.of]
        return [self._id("customer_id").alias("clv:customer_id"), self._order().alias("clv:order_id"), day.alias("clv:day"), *numbers]

    def _id(self, role: str) -> pl.Expr:
        column = self.roles.of[role]
        return values.identity(column, self.of.schema[column], cleaned=self.cleaned)

    def _order(self) -> pl.Expr:
        if "order_id" in self.roles.of:
            return self._id("order_id")
        return pl.concat_str(pl.lit(f"{self.position:03}-"), pl.col(RECORD).cast(pl.String).str.zfill(10))

    def _number_in(self, column: str) -> pl.Expr:
        return values.number(column, self.of.schema[column], self.formats.decimal, cleaned=self.cleaned)

    def _has(self, role: str) -> bool:
        return role in self.roles.arithmetic or self.roles.column(role) is not None

    def _sources(self, role: str) -> list[str]:
        """The file's columns that make a role."""
        if role in self.roles.arithmetic:
            names = sorted(self.roles.arithmetic[role].names)
            made = {n for n in names if n in self.roles.arithmetic and n != role}
            return [c for n in names for c in (self._sources(n) if n in made else [self._column(n)])]
        return [column] if (column := self.roles.column(role)) else []

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
        column = self._column(name)
        return pl.col(column).cast(pl.String) if name in expression.texts else self._number_in(column)

    def _column(self, name: str) -> str:
        """The file's column for a name in an expression; raises UsageError if there is none."""
        known = self.roles.column(name) or (found(name, self.roles.columns) if name in self.roles.arithmetic else None)
        if known is None:
            raise UsageError(Problem(f"no column '{name}' in the orders", hint=nearest(name, [*self.roles.of, *self.roles.columns])))
        return known

    def _fate(self) -> pl.Expr:
        """The code of the first reason that holds; what can't be read is UNSOUND, whatever the matter with it."""
        left_out = [("where", ~pl.col(_KEPT).fill_null(value=False))] if self.selection.where else []
        later = [("no_customer", pl.col("customer_id").is_null())]
        if CURRENCY in self._names and (self.selection.currency or self.spelled is not None):
            later.append(("currency", self._is_another_currency()))
        if self.selection.as_of is not None:
            later.append(("after", pl.col("day") > self.selection.as_of))
        unsound = pl.when(~self._is_sound()).then(pl.lit(UNSOUND, pl.Int8))
        first, last = ([pl.when(holds).then(pl.lit(CODES[name], pl.Int8)) for name, holds in some] for some in (left_out, later))
        return pl.coalesce(*first, unsound, *last, pl.lit(CODES["used"], pl.Int8))

    def _is_sound(self) -> pl.Expr:
        """Whether a record can be read."""
        demands = [pl.col(FITS), pl.col("day").is_between(values.FIRST_DAY, values.LAST_DAY), self._is_exact("amount")]
        demands.append(pl.col("order_id").is_not_null())
        if "cost" in self._names:
            demands.append(self._is_exact("cost") | self._is_blank("cost"))
        return pl.all_horizontal(demands).fill_null(value=False)

    def _is_another_currency(self) -> pl.Expr:
        chosen = self.selection.currency.upper()
        another = currency() != chosen if chosen else pl.col(CURRENCY) != self.spelled
        return another.fill_null(value=True)

    def _reasons(self) -> list[tuple[str, pl.Expr]]:
        """Each reason for which a record can't be read, with when it holds; what is left has no order id."""
        day = pl.col("day")
        found = [
            ("no_date", day.is_null() & self._is_blank("ordered_at")),
            ("bad_date", day.is_null()),
            ("far_date", ~day.is_between(values.FIRST_DAY, values.LAST_DAY)),
            ("no_amount", pl.col("amount").is_null() & self._is_blank("amount")),
            ("bad_amount", ~self._is_exact("amount")),
        ]
        if "cost" in self._names:
            found.append(("bad_cost", ~(self._is_exact("cost") | self._is_blank("cost"))))
        return [*found, ("no_order", pl.lit(value=True))]

    def _is_exact(self, name: str) -> pl.Expr:
        return pl.col(name).is_between(-values.LARGEST, values.LARGEST).fill_null(value=False)

    def _is_blank(self, role: str) -> pl.Expr:
        """Whether any of a role's columns is empty."""
        raw = (pl.col(_RAW + c).cast(pl.String).str.strip_chars() for c in self._sources(role))
        blank = [text.is_null() | text.is_in(("", *values.NOTHING)) for text in raw]
        return pl.any_horizontal(blank) if blank else pl.lit(value=False)

    def _told(self, frame: pl.LazyFrame, readable: pl.Expr) -> pl.LazyFrame:
        """Records with their reason, the amount so far as it is readable, and what stands in the columns to blame."""
        said = [(code, self._said(reason.role)) for code, reason in enumerate(REASONS) if reason.fate == "rejected"]
        value = pl.coalesce([*(pl.when(pl.col(REASON) == code).then(text) for code, text in said), pl.lit("")])
        amount = pl.when(readable).then(pl.col("amount"))
        return frame.select(FILE, RECORD, REASON, FITS, amount.alias("amount"), value.alias(VALUE))

    def _said(self, role: str) -> pl.Expr:
        columns = [pl.col(_RAW + c).cast(pl.String) for c in self._sources(role)]
        return pl.concat_str(columns, separator=", ", ignore_nulls=True) if columns else pl.lit("")


def currency() -> pl.Expr:
    """The currency of a line, however it is spelled."""
    code = pl.col(CURRENCY).str.strip_chars().str.to_uppercase()
    return pl.when(code != "").then(code).alias(CURRENCY)


def _filled(column: str) -> pl.Expr:
    """An attribute as text; null where it is blank."""
    text = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)


def summed(lines: Sequence[Lines]) -> pl.DataFrame:
    """The rejected records of all files, by reason: their number and amount, and how many have too many fields."""
    sums: Mapping[str, pl.Expr] = {"records": pl.len(), "amount": pl.col("amount").sum(), "too_long": (~pl.col(FITS)).sum()}
    return pl.concat([one.rejected for one in lines]).group_by(REASON).agg(**sums).collect()
