"""Horizons: what customers had brought by so many days after their first order, and when that paid for them."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.costs import contribution
from clvcli.measuring import Observation
from clvcli.metrics import BY_AGE, METRICS
from clvcli.periods import DAYS_PER_MONTH
from clvcli.tables import Frame

REACHED, MONTH = "clv:reached", "clv:month"
_DAYS, _MONTHS = DAYS_PER_MONTH.as_integer_ratio()
"""So many days are so many months, so that months of age are whole numbers by whole numbers."""


def with_horizons(customers: Frame, orders: Frame, seen: Observation) -> Frame:
    """Add the metrics BY_AGE to customers; those of money only where the orders know their gross profit."""
    flags = [m.derive(seen).alias(m.name) for m in METRICS if m.name in BY_AGE and m.derive]
    flagged = customers.with_columns(*flags)
    brought = contribution(orders.collect_schema().names())
    if brought is None:
        return flagged
    sums = [m.age(seen).alias(m.name) for m in METRICS if m.age]
    by_customer = _aged(orders, customers, brought).group_by("customer_id").agg(*sums)
    joined = flagged.join(by_customer, on="customer_id", how="left")
    return joined.with_columns(col(m.name).fill_null(0) for m in METRICS if m.age)


def months_of(days: nw.Expr) -> nw.Expr:
    """Whole months in so many days; 0 for what came before the first order, as a refund may."""
    return nw.max_horizontal(days, days * 0) * _MONTHS // _DAYS


def payback_sizes(customers: Frame, by: Sequence[str]) -> Frame:
    """One row per `by` and REACHED, the months customers are old: how many they are and what they cost to win."""
    won = _costed(customers).with_columns(months_of(col("age_days")).alias(REACHED))
    cost = [col("acquisition_cost").sum().cast(nw.Int64)] if "acquisition_cost" in customers.collect_schema().names() else []
    return won.group_by(*by, REACHED).agg(col("customers").sum().cast(nw.Int64), *cost)


def payback_steps(customers: Frame, orders: Frame, by: Sequence[str]) -> Frame:
    """One row per `by`, REACHED and MONTH: what orders in that month of age brought, of customers who are so many months old.

    Reads orders that know their gross profit.
    """
    brought = contribution(orders.collect_schema().names())
    if brought is None:
        raise ValueError("the orders don't know their gross profit")
    aged = _aged(orders, _costed(customers), brought, by)
    months = aged.with_columns(months_of(col("age_days")).alias(REACHED), months_of(col("order_age")).alias(MONTH))
    return months.group_by(*by, REACHED, MONTH).agg(col("contribution").sum().cast(nw.Int64))


def _costed(customers: Frame) -> Frame:
    """Those of whom it is known what they cost; all where it is known of none."""
    won = customers.filter(col("customers") == 1)
    return won.filter(col("costed_customers") == 1) if "costed_customers" in customers.collect_schema().names() else won


def _aged(orders: Frame, customers: Frame, brought: nw.Expr, by: Sequence[str] = ()) -> Frame:
    """Orders that know how old their customer was at the order, and is now."""
    known = customers.filter(col("customers") == 1).select("customer_id", "first_day", "age_days", *by)
    kept = orders.select("customer_id", "day", brought.alias("contribution"))
    joined = kept.join(known, on="customer_id", how="inner")
    return joined.with_columns((col("day") - col("first_day")).alias("order_age"))
