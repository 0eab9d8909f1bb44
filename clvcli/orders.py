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
    Column("amount", "Amount", Unit.MONEY, "What the record brought in; negative for a refund."),
    Column("cost", "Cost", Unit.MONEY, "What the goods of the record cost; optional."),
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


def orders(lines: Frame, margin: Rates | None = None, attributes: Sequence[str] = (), apart: Sequence[str] = ()) -> Frame:
    """One row per customer and order, from one row per record of the export.

    Reads LINES; gives ORDERS and the attributes. gross_profit is there only if the lines
    have a cost or a margin is given: what a record cost, else its margin, decides.
    An attribute that differs within an order is its least value. Records that differ in
    a column of `apart` make rows of their own.
    """
    has_cost = "cost" in lines.collect_schema().names()
    per_line = _profit_per_line(margin, has_cost=has_cost)
    summed = ["amount", "refunds", *(["gross_profit"] if per_line is not None else [])]
    derived = [_refund().alias("refunds"), *([per_line.alias("gross_profit")] if per_line is not None else [])]
    costless = [nw.col("cost").is_null().sum().cast(nw.Int64).alias(COSTLESS)] if has_cost else []
    grouped = (
        lines.with_columns(*derived)
        .group_by("customer_id", "order_id", *apart)
        .agg(
            nw.col("day").min(),
            *(_total(c) for c in summed),
            nw.len().cast(nw.Int32).alias("records"),
            *costless,
            *(nw.col(a).min() for a in attributes),
        )
        .with_columns(_placed().alias("placed"))
    )
    if per_line is None and margin is not None:
        return grouped.with_columns(whole(nw.col("amount") * margin.expression()).alias("gross_profit"))
    return grouped


def _profit_per_line(margin: Rates | None, *, has_cost: bool) -> nw.Expr | None:
    """The gross profit of a record; None where it can wait until records are summed, or isn't known.

    A margin for all is applied to whole orders: it is the same sum with fewer roundings.
    """
    by_margin = whole(nw.col("amount") * margin.expression()) if margin else None
    if has_cost:
        by_cost = nw.col("amount") - nw.col("cost")
        return by_cost if by_margin is None else nw.coalesce(by_cost, by_margin)
    return by_margin if margin and margin.by else None


def _refund() -> nw.Expr:
    return nw.when(nw.col("amount") < 0).then(-nw.col("amount")).otherwise(0)


def _placed() -> nw.Expr:
    """0 where there is nothing but refunds."""
    only_refunds = (nw.col("refunds") > 0) & (nw.col("amount") + nw.col("refunds") == 0)
    return nw.when(only_refunds).then(0).otherwise(1).cast(nw.Int8)


def _total(name: str) -> nw.Expr:
    return nw.col(name).sum().cast(nw.Int64)
