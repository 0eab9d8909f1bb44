"""Customers: one row per customer; and groups of them: one row per group."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.measuring import Metric, Observation
from clvcli.metrics import BY_AGE, METRICS, OPTIONAL, PERIOD_METRICS
from clvcli.tables import Frame


def measured(orders: Frame, seen: Observation, pick: str = "first") -> Frame:
    """One row per customer, from one row per order: customer_id and every measured metric.

    Reads ORDERS, and the code of attributes if they are `coded`. Such rows of two parts of the orders merge into
    those of the whole, so long as no day of a customer stands in both parts.
    """
    columns = orders.collect_schema().names()
    wanted = [m for m in _wanted(seen) if m.measure and (m.name not in OPTIONAL or m.name in columns)]
    codes = _first_codes(pick) if _CODE in columns else []
    return orders.group_by("customer_id").agg(*(m.measure(seen).alias(m.name) for m in wanted if m.measure), *codes)


def merged(measured: Frame, by: Sequence[str] = ("customer_id",)) -> Frame:
    """Rows of metrics to one row per distinct `by` (one row in all when empty)."""
    present = measured.collect_schema().names()
    combined = [m.merged for m in METRICS if m.name in present]
    combined += [col(_LEAST).min(), col(_GREATEST).max()] if _LEAST in present else []
    return measured.group_by(*by).agg(*combined) if by else measured.select(*combined)


def derived(measured: Frame, seen: Observation) -> Frame:
    """Add the metrics that follow from a customer's measured ones."""
    expressions = [m.derive(seen).cast(nw.Int64).alias(m.name) for m in _wanted(seen) if m.derive]
    return measured.with_columns(*expressions)


def coded(orders: Frame, attributes: Sequence[str]) -> tuple[Frame, Frame]:
    """The orders with a code for their attributes, and the codes: one row per combination that occurs.

    Codes are whole numbers in the order of the attributes' values, the same on every run.
    """
    known = orders.with_columns(col(a).fill_null(_NONE) for a in attributes)
    codes = known.select(*attributes).unique().with_row_index(_CODE, order_by=list(attributes)).with_columns(col(_CODE).cast(nw.Int64))
    return known.join(codes, on=list(attributes), how="inner"), codes


def with_attributes(measured: Frame, orders: Frame, codes: Frame, pick: str = "first") -> Frame:
    """Add to rows of `measured` the attributes of each customer's first (or last) order.

    First is the earliest day, and on it the least order id; a refund alone is no order.
    Reads `measured` and `orders` as made from `coded` orders.
    """
    least, greatest = col(_LEAST) % _CODES, col(_GREATEST) % _CODES
    day = "first_day" if pick == "first" else "last_day"
    tied = measured.filter(least != greatest).select("customer_id", day=col(day))
    on_day = orders.filter(col("placed") == 1).join(tied, on=["customer_id", "day"], how="inner")
    first = on_day.group_by("customer_id").agg(col("order_id").min())
    settled = on_day.join(first, on=["customer_id", "order_id"], how="inner").select("customer_id", col(_CODE).alias(_SETTLED))
    chosen = measured.join(settled, on="customer_id", how="left").with_columns(nw.coalesce(col(_SETTLED), least).alias(_CODE))
    attributes = [name for name in codes.collect_schema().names() if name != _CODE]
    named = chosen.drop(_SETTLED, _LEAST, _GREATEST).join(codes, on=_CODE, how="left").drop(_CODE)
    return named.with_columns(nw.when(col(a) != _NONE).then(col(a)).alias(a) for a in attributes)


_NONE = "\x00"
_CODE, _LEAST, _GREATEST, _SETTLED = "clv:code", "clv:least_code", "clv:greatest_code", "clv:settled"
_CODES = 1 << 40
_LAST_DAY = 1 << 20
"""A code and a day stand in one whole number, so that the first order is a minimum like any other metric."""


def _first_codes(pick: str) -> list[nw.Expr]:
    """The least and the greatest code on the day of the first (or last) order; where they differ, the order id decides."""
    placed, code = col("placed") == 1, col(_CODE)
    soon = col("day").cast(nw.Int64) if pick == "first" else _LAST_DAY - col("day").cast(nw.Int64)
    least = nw.when(placed).then(soon * _CODES + code).min().alias(_LEAST)
    return [least, nw.when(placed).then((_LAST_DAY - soon) * _CODES + code).max().alias(_GREATEST)]


def _wanted(seen: Observation) -> tuple[Metric, ...]:
    left_out = BY_AGE if seen.window.period else BY_AGE | PERIOD_METRICS
    return tuple(m for m in METRICS if m.name not in left_out)
