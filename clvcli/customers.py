"""Customers: one row per customer; and groups of them: one row per group."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.metrics import METRICS, PERIOD_METRICS, Metric, Observation
from clvcli.tables import Frame


def measured(orders: Frame, seen: Observation) -> Frame:
    """One row per customer, from one row per order: customer_id and every measured metric.

    Reads ORDERS. Such rows of two parts of the orders merge into those of the whole, so long
    as no day of a customer stands in both parts.
    """
    columns = orders.collect_schema().names()
    return orders.group_by("customer_id").agg(
        m.measure(seen).alias(m.name) for m in _wanted(seen) if m.measure and (m.name != "gross_profit" or m.name in columns)
    )


def merged(measured: Frame, by: Sequence[str] = ("customer_id",)) -> Frame:
    """Rows of metrics to one row per distinct `by` (one row in all when empty)."""
    present = measured.collect_schema().names()
    combined = [m.merged for m in METRICS if m.name in present]
    return measured.group_by(*by).agg(*combined) if by else measured.select(*combined)


def derived(measured: Frame, seen: Observation) -> Frame:
    """Add the metrics that follow from a customer's measured ones."""
    expressions = [m.derive(seen).cast(nw.Int64).alias(m.name) for m in _wanted(seen) if m.derive]
    return measured.with_columns(*expressions)


def first_attributes(orders: Frame, attributes: Sequence[str], pick: str = "first") -> Frame:
    """customer_id and the attributes of each customer's first (or last) order.

    First is the earliest day, and on it the least order id; a refund alone is no order.
    """
    placed = orders.filter(col("placed") == 1).select("customer_id", "order_id", "day", *attributes)
    day = col("day").min() if pick == "first" else col("day").max()
    on_day = placed.join(placed.group_by("customer_id").agg(day), on=["customer_id", "day"], how="inner")
    least = on_day.group_by("customer_id").agg(col("order_id").min())
    return on_day.join(least, on=["customer_id", "order_id"], how="inner").select("customer_id", *attributes)


def with_referrals(customers: Frame, referrer: str = "referred_by") -> Frame:
    """Add what the customers that each customer referred number and have brought.

    Reads the attribute `referrer`, a customer id. Someone who names themselves refers nobody.
    """
    profit = "gross_profit" in customers.collect_schema().names()
    named = customers.filter(~col(referrer).is_null() & (col(referrer) != col("customer_id")))
    values = [col("customers").sum().cast(nw.Int64).alias("referred_customers")]
    if profit:
        values.append(col("gross_profit").sum().cast(nw.Int64).alias("referred_gross_profit"))
    brought = named.group_by(referrer).agg(*values).rename({referrer: "customer_id"})
    joined = customers.join(brought, on="customer_id", how="left")
    return joined.with_columns(col("referred_customers").fill_null(0), *([col("referred_gross_profit").fill_null(0)] if profit else []))


def _wanted(seen: Observation) -> tuple[Metric, ...]:
    return METRICS if seen.window.period else tuple(m for m in METRICS if m.name not in PERIOD_METRICS)
