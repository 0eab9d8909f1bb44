"""Ranks: how many customers stand above or below a customer, counted exactly; equals stand level, in any order of rows."""

from __future__ import annotations

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col


def below(name: str) -> nw.Expr:
    """How many customers have strictly less of the column `name`; null on a row that is no customer."""
    return _ahead(name, descending=False)


def above(name: str) -> nw.Expr:
    """How many customers have strictly more of the column `name`; null on a row that is no customer."""
    return _ahead(name, descending=True)


def everyone() -> nw.Expr:
    """How many customers there are."""
    return col("customers").sum().cast(nw.Int64)


def _ahead(name: str, *, descending: bool) -> nw.Expr:
    of_customers = nw.when(col("customers") == 1).then(col(name))
    return of_customers.rank("min", descending=descending).cast(nw.Int64) - 1
