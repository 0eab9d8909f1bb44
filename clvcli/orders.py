"""Orders: one row per order, one schema, whatever the export called its columns."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from clvcli.rates import Rates, whole
from clvcli.tables import Column, Frame, Unit

LINES: tuple[Column, ...] = (
    Column("customer_id", "Customer", Unit.TEXT, "Who placed the order."),
    Column("order_id", "Order", Unit.TEXT, "Which order the record belongs to; records of one order are summed."),
    Column("day", "Day", Unit.DATE, "The day of the record, in the shop's own time."),
    Column("amount", "Amount", Unit.MONEY, "What the record brought in, net of its refund; negative for a refund."),
    Column("refund", "Refund", Unit.MONEY, "What was given back of it, where a column says so, as a positive amount; optional."),
    Column("once", "Once", Unit.MONEY, "An amount of the order that stands on several of its records; optional."),
    Column("cost", "Cost", Unit.MONEY, "What the goods of the record cost; optional."),
    Column("records", "Records", Unit.COUNT, "How many records of the export the row is made of, if more than one; optional."),
)

ORDERS: tuple[Column, ...] = (
    Column("customer_id", "Customer", Unit.TEXT, "Who placed the order."),
    Column("order_id", "Order", Unit.TEXT, "Identifies the order; unique within a customer."),
    Column("day", "Day", Unit.DATE, "The day of its first record, in the shop's own time."),
    Column("amount", "Amount", Unit.MONEY, "What the order brought in, net of its refunds."),
    Column("refunds", "Refunds", Unit.MONEY, "What was given back of it, as a positive amount."),
    Column("records", "Records", Unit.COUNT, "How many records of the export it sums up."),
    Column("placed", "Placed", Unit.COUNT, "1 for a purchase; 0 for a refund whose purchase is not in the data."),
    Column("gross_profit", "Gross profit", Unit.MONEY, "Amount less cost, or amount times margin, where either is known."),
)

COSTLESS = "records_without_cost"
"""A column beside ORDERS that counts records without a cost, where some have one."""
TAKEN_OFF = ("refund", "discount", "tax", "shipping")
"""Columns of money beside the amount that are summed as they are, for the ledger."""


def orders(lines: Frame, margin: Rates | None = None, attributes: Sequence[str] = (), apart: Sequence[str] = ()) -> Frame:
    """One row per customer and order, from one row per record of the export.

    Reads LINES and any of TAKEN_OFF; gives ORDERS, those, and the attributes. gross_profit is there only if the
    lines have a cost or a margin is given: what a record cost, else its margin, decides. An attribute that differs
    within an order is its least value. Records that differ in a column of `apart` make rows of their own.
    """
    names = lines.collect_schema().names()
    per_line = _profit_per_line(margin, has_cost="cost" in names)
    summed = ["amount", "refunds", *(["gross_profit"] if per_line is not None else []), *(c for c in TAKEN_OFF if c in names)]
    derived = [_refund(names).alias("refunds"), *([per_line.alias("gross_profit")] if per_line is not None else [])]
    costless = [nw.col("cost").is_null().sum().cast(nw.Int64).alias(COSTLESS)] if "cost" in names else []
    once = [nw.col("once").max().alias("once")] if "once" in names else []
    records = nw.col("records").sum() if "records" in names else nw.len()
    grouped = (
        lines.with_columns(*derived)
        .group_by(*apart, "customer_id", "order_id")
        .agg(
            nw.col("day").min(),
            *(_total(c) for c in summed),
            records.cast(nw.Int32).alias("records"),
            *costless,
            *once,
            *(nw.col(a).min() for a in attributes),
        )
    )
    whole_orders = _with_once(grouped) if once else grouped
    whole_orders = whole_orders.with_columns(_placed().alias("placed"))
    if per_line is None and margin is not None:
        return whole_orders.with_columns(whole(nw.col("amount") * margin.expression()).alias("gross_profit"))
    return whole_orders


def _with_once(grouped: Frame) -> Frame:
    """The orders with what counts once for each of them."""
    return grouped.with_columns((nw.col("amount") + nw.col("once").fill_null(0)).alias("amount")).drop("once")


def _profit_per_line(margin: Rates | None, *, has_cost: bool) -> nw.Expr | None:
    """The gross profit of a record; None where it can wait until records are summed, or isn't known.

    A margin for all is applied to whole orders: it is the same sum with fewer roundings.
    """
    by_margin = whole(nw.col("amount") * margin.expression()) if margin else None
    if has_cost:
        by_cost = nw.col("amount") - nw.col("cost")
        return by_cost if by_margin is None else nw.coalesce(by_cost, by_margin)
    return by_margin if margin and margin.by else None


def _refund(names: Sequence[str]) -> nw.Expr:
    """What a record gives back: what it says, and all of a negative amount."""
    before = nw.col("amount") + nw.col("refund") if "refund" in names else nw.col("amount")
    negative = nw.when(before < 0).then(-before).otherwise(0)
    return nw.col("refund") + negative if "refund" in names else negative


def _placed() -> nw.Expr:
    """0 where there is nothing but refunds."""
    only_refunds = (nw.col("refunds") > 0) & (nw.col("amount") + nw.col("refunds") == 0)
    return nw.when(only_refunds).then(0).otherwise(1).cast(nw.Int8)


def _total(name: str) -> nw.Expr:
    return nw.col(name).sum().cast(nw.Int64)
