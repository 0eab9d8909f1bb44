"""Activity: what each customer did in each calendar period; cohorts and trends both come from it."""

from __future__ import annotations

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.costs import contribution
from clvcli.periods import Period, period_index
from clvcli.tables import Frame


def activity(orders: Frame, period: Period, *, count_refunds: bool = False, count_days: bool = False) -> Frame:
    """One row per customer and calendar period with an order or a refund.

    Columns: customer_id, `at` (the period, as period_index has it), `active` (1 if there is a purchase in it, or with
    `count_refunds` any record), orders, revenue, refunds, first_day and last_day of purchases, and what is known of
    gross_profit, variable_costs and contribution; buying_days, the distinct days of purchase, where they are asked for.
    """
    columns = orders.collect_schema().names()
    brought = contribution(columns)
    known = orders.with_columns(
        period_index(col("day"), period).alias("at"), *([brought.alias("contribution")] if brought is not None else [])
    )
    sums = ["amount", "refunds", *(c for c in ("gross_profit", "variable_costs") if c in columns)]
    sums += ["contribution"] if brought is not None else []
    placed = nw.when(col("placed") == 1).then(col("day"))
    rows = known.group_by("customer_id", "at").agg(
        col("placed").sum().cast(nw.Int64).alias("orders"),
        *(col(name).sum().cast(nw.Int64) for name in sums),
        placed.min().alias("first_day"),
        placed.max().alias("last_day"),
        *([(placed.n_unique().cast(nw.Int64) - (col("placed").min() == 0).cast(nw.Int64)).alias("buying_days")] if count_days else []),
    )
    active = nw.lit(1) if count_refunds else nw.when(col("orders") > 0).then(1).otherwise(0)
    return rows.rename({"amount": "revenue"}).with_columns(active.cast(nw.Int64).alias("active"))
