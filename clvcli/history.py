"""History: the metrics as they stood at the end of each calendar period, all from one pass over the activity.

What a customer does in a period changes the sums from then on, so each change is counted once, in its period,
and the state at a period's end is the sum of all changes up to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.churn import ChurnRule
from clvcli.periods import Period, period_index
from clvcli.tables import Frame

FLOWS = ("orders", "revenue", "refunds", "gross_profit", "variable_costs")
"""What activity adds to metrics of the same name, where the orders know it."""

OF_WINNING = ("acquisition_cost", "costed_customers")
"""What is known of a customer from the first order on."""


def changes(steps: Frame, by: Sequence[str] = ()) -> Frame:
    """One row per `by` and period `at`: what changed in it, from rows of `paths`.

    Flows; customers won and what they cost; sums of first and last days, so that ages and activity follow at any end;
    customers active, retained from the period before, and buying for the second time.
    """
    names = steps.collect_schema().names()
    first, active = col("before").is_null(), col("active") == 1
    won = active & first
    return steps.group_by(*by, "at").agg(
        *(col(name).sum().cast(nw.Int64) for name in FLOWS if name in names),
        _sum(won, nw.lit(1)).alias("new_customers"),
        *(_sum(won, col(name)).alias(name) for name in OF_WINNING if name in names),
        _sum(won, col("first_day")).alias("first_days"),
        _sum(active, col("last_day") - col("last_day_before").fill_null(0)).alias("last_days"),
        _sum(active, col("buying_days")).alias("buying_days"),
        _sum(active, nw.lit(1)).alias("customers_in_period"),
        _sum(active & (col("before") == col("at") - 1), nw.lit(1)).alias("retained_customers"),
        _sum((col("orders_to_date") > 1) & (col("orders_to_date") - col("orders") <= 1), nw.lit(1)).alias("repeat_customers"),
    )


def lapses(steps: Frame, churn: ChurnRule, period: Period, as_of: int, by: Sequence[str] = ()) -> Frame:
    """One row per `by` and period `at`: how many customers lapsed in it less those who came back, and the sum of their last days.

    A customer lapses on the day when the churn rule's silence is exceeded, and is back with the next order.
    """
    silent = steps.filter(col("active") == 1).with_columns(
        (col("last_day") + churn.allowed(col("last_day") - col("first_day_ever"), col("buying_days_to_date")) + 1).alias("lapse_day")
    )
    begun = silent.filter(col("lapse_day") <= as_of).with_columns(period_index(col("lapse_day"), period).cast(nw.Int64).alias("from"))
    lapsed = begun.filter(col("after").is_null() | (col("from") < col("after")))
    one, day = nw.lit(1).cast(nw.Int64), col("last_day").cast(nw.Int64)
    gone = lapsed.select(*by, at=col("from"), lapsed=one, day=day)
    back = lapsed.filter(~col("after").is_null()).select(*by, at=col("after").cast(nw.Int64), lapsed=-one, day=-day)
    sums = (col("lapsed").sum().cast(nw.Int64).alias("lapsed_customers"), col("day").sum().cast(nw.Int64).alias("lapsed_last_days"))
    return nw.concat([gone, back]).group_by(*by, "at").agg(*sums)


def paths(activity: Frame, customers: Frame | None = None) -> Frame:
    """Rows of `activity`, counted with its days, that know what their customer did before and after.

    Adds `before` and `after` (the periods of the purchases around), `last_day_before`, `first_day_ever`, and
    orders and buying days to date. `customers` may give attributes and acquisition_cost.
    """
    in_time = {"order_by": "at"}
    active = activity.filter(col("active") == 1)
    known = active.with_columns(
        col("at").shift(1).over("customer_id", **in_time).alias("before"),
        col("at").shift(-1).over("customer_id", **in_time).alias("after"),
        col("last_day").shift(1).over("customer_id", **in_time).alias("last_day_before"),
        col("first_day").min().over("customer_id").alias("first_day_ever"),
        col("orders").cum_sum().over("customer_id", **in_time).alias("orders_to_date"),
        col("buying_days").cum_sum().over("customer_id", **in_time).alias("buying_days_to_date"),
    )
    idle = activity.filter(col("active") == 0)
    steps = nw.concat([known, idle], how="diagonal")
    return steps if customers is None else steps.join(customers, on="customer_id", how="left")


def _sum(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(value).otherwise(0).cast(nw.Int64).sum()
