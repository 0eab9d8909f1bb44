"""Fates: what becomes of a line, as the code of the first reason that holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from clvcli.exports import days
from clvcli.exports.ids import NOTHING
from clvcli.exports.ledger import CODES, UNKNOWN_STATUS, UNSOUND
from clvcli.exports.names import NO
from clvcli.exports.plans import Plan
from clvcli.exports.roles import Roles
from clvcli.exports.statuses import COUNTED, UNKNOWN, Verdicts
from clvcli.expression import Expression

FATE = "clv:fate"
PART = "clv:part"
CURRENCY = "clv:currency"
FITS = "clv:fits"
STATUS = "clv:status"
RAW = "clv:raw:"
KEPT = "clv:kept"
RULE = "clv:rule"
CANCELLED = "clv:cancelled"
DIFFERS = "clv:differs"
SEVERAL = "clv:several"
"""Columns of lines beside their values: what decides their fate, and what the file says."""


OWNER = "clv:owner"
"""The customer of a record that was added to the orders of another file."""


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
        return tuple(dict.fromkeys((*self.attributes, *(a for a in self.if_there if roles.has(a)))))


def fate(names: Sequence[str], plan: Plan, selection: Selection, spelled: str | None, costless: pl.Expr) -> pl.Expr:
    """The code of the first reason that holds for a line with these columns.

    What can't be read is UNSOUND, whatever the matter with it; a status that nobody has judged is UNKNOWN_STATUS.
    """
    conditions: list[tuple[pl.Expr, pl.Expr]] = []
    if selection.where:
        conditions.append((~pl.col(KEPT).fill_null(value=False), _code("where")))
    if RULE in names:
        conditions.append((pl.col(RULE).is_not_null(), pl.col(RULE)))
    if CANCELLED in names:
        conditions.append((pl.col(CANCELLED).fill_null(value=False), _code("cancelled")))
    conditions += _by_status(plan.statuses)
    conditions.append((~_is_sound(names, costless), pl.lit(UNSOUND, pl.Int8)))
    if selection.as_of is not None:
        conditions.append((pl.col("day") > selection.as_of, _code("after")))
    if DIFFERS in names:
        conditions += [(pl.col(SEVERAL), _code("two_customers")), (pl.col(DIFFERS), _code("conflict"))]
    conditions.append((pl.col("customer_id").is_null(), _code("no_customer")))
    if CURRENCY in names and (selection.currency or spelled is not None):
        conditions.append((_is_another_currency(selection.currency, spelled), _code("currency")))
    return pl.coalesce(*(pl.when(holds).then(code) for holds, code in conditions), _code("used"))


def _by_status(statuses: Verdicts | None) -> list[tuple[pl.Expr, pl.Expr]]:
    """The fates of the statuses as the file spells them; one that isn't listed isn't judged yet."""
    if statuses is None:
        return []
    status = pl.col(STATUS)
    by_verdict: dict[str, list[str]] = {}
    for value, verdict in statuses.of.items():
        by_verdict.setdefault(verdict, []).append(value)
    out = [(status.is_in(values), _code(verdict)) for verdict, values in by_verdict.items() if verdict not in (*COUNTED, UNKNOWN)]
    known = status.is_in(statuses.of_verdict(*COUNTED)) | status.is_null() | (status.str.strip_chars() == "")
    return [*out, (~known, pl.lit(UNKNOWN_STATUS, pl.Int8))]


def _is_sound(names: Sequence[str], costless: pl.Expr) -> pl.Expr:
    """Whether a line can be read."""
    demands = [pl.col(FITS), pl.col("day").is_between(days.FIRST_DAY, days.LAST_DAY), pl.col("amount").is_not_null()]
    demands.append(pl.col("order_id").is_not_null())
    if "cost" in names:
        demands.append(pl.col("cost").is_not_null() | costless)
    return pl.all_horizontal(demands).fill_null(value=False)


def _is_another_currency(chosen: str, spelled: str | None) -> pl.Expr:
    another = currency() != chosen.upper() if chosen else pl.col(CURRENCY) != spelled
    return another.fill_null(value=True)


def currency() -> pl.Expr:
    """The currency of a line, however it is spelled."""
    code = pl.col(CURRENCY).str.strip_chars().str.to_uppercase()
    return pl.when(code != "").then(code).alias(CURRENCY)


def is_empty(text: pl.Expr) -> pl.Expr:
    """Whether a text is empty or says that it is."""
    bare = text.str.strip_chars()
    return bare.is_null() | bare.is_in(("", *NOTHING))


def says_so(text: pl.Expr) -> pl.Expr:
    """Whether a text has something to say, and it isn't no or a date that is none."""
    return ~(is_empty(text) | text.str.strip_chars().str.to_lowercase().is_in(sorted(NO)) | text.str.starts_with("0000-00-00"))


def _code(name: str) -> pl.Expr:
    return pl.lit(CODES[name], pl.Int8)
