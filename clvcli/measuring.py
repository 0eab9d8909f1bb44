"""How a number is measured: what is known of a shop's time, and what makes up a metric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.churn import ChurnRule
from clvcli.periods import DAYS_PER_MONTH, Window
from clvcli.tables import Column, Unit

PAYBACK_MONTHS = 12.0
"""In how many months a customer should pay back, unless it is settled otherwise."""


@dataclass(frozen=True)
class Observation:
    """What measuring needs to know beside the orders: the window, when a customer has lapsed, when one must have paid back."""

    window: Window
    churn: ChurnRule
    payback_days: int = round(PAYBACK_MONTHS * DAYS_PER_MONTH)


Merge = Literal["sum", "min", "max"]
Make = Callable[[Observation], nw.Expr]


@dataclass(frozen=True)
class Metric:
    """One measured number; exactly one of `measure`, `derive` and `age` is there, unless a join makes it.

    `age` measures orders that know their `order_age` in days since the customer's first, and the customer's `age_days`.
    """

    column: Column
    merge: Merge
    measure: Make | None = None
    derive: Make | None = None
    age: Make | None = None

    @property
    def name(self) -> str:
        """Its name, in frames and in formulas."""
        return self.column.name

    @property
    def merged(self) -> nw.Expr:
        """Its value for a group of rows."""
        merged: nw.Expr = getattr(col(self.name), self.merge)()
        return merged if self.merge != "sum" else merged.cast(nw.Int64)


def metric(  # noqa: PLR0913 - a definition states everything about one number
    name: str,
    label: str,
    unit: Unit,
    description: str,
    *,
    source: str,
    merge: Merge = "sum",
    measure: Make | None = None,
    derive: Make | None = None,
    age: Make | None = None,
) -> Metric:
    """The metric that is so called and so measured."""
    return Metric(Column(name, label, unit, description, source), merge, measure, derive, age)
