"""Cohorts: customers by the period of their first order, followed through their age."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.periods import MONTHS_PER_YEAR, Period, period_index
from clvcli.tables import Column, Frame, Unit

COHORT = Column("cohort", "Cohort", Unit.TEXT, "The calendar period of the customer's first order.", "cohort analysis by first purchase")
AGE = Column("age", "Age", Unit.COUNT, "Periods after the one of the first order; 0 is that period itself.")
SIZE = Column("customers", "Customers", Unit.COUNT, "Customers acquired in the cohort: the denominator at every age.")
ACTIVE = Column("active", "Active", Unit.COUNT, "Customers of the cohort with an order in that period.")
MEASURES = ("orders", "revenue", "contribution")


def cells(activity: Frame, attributes: Frame | None = None, by: Sequence[str] = ()) -> Frame:
    """One row per attribute `by`, `cohort` and `age` at which somebody was active or money moved.

    Columns beside those: active, orders, revenue and, where it is known, contribution. `cohort` is the period of the
    first activity, as period_index has it, and null for who gave something back and never bought. What moved before that (a refund of something bought earlier) is of age 0.
    `attributes` has customer_id and `by`; reads rows of `activity`.
    """
    first = activity.filter(col("active") == 1).group_by("customer_id").agg(col("at").min().alias("cohort"))
    if attributes is not None:
        first = first.join(attributes.select("customer_id", *by), on="customer_id", how="left")
    aged = activity.join(first, on="customer_id", how="left")
    age = nw.max_horizontal(col("at") - col("cohort"), nw.lit(0)).cast(nw.Int64).alias("age")
    measures = [m for m in MEASURES if m in activity.collect_schema().names()]
    return aged.with_columns(age).group_by(*by, "cohort", "age").agg(col(m).sum().cast(nw.Int64) for m in ("active", *measures))


def cohort_costs(customers: Frame, period: Period, by: Sequence[str] = ()) -> Frame:
    """One row per attribute `by` and `cohort`: what its customers cost to win."""
    won = customers.filter(col("customers") == 1).with_columns(period_index(col("first_day"), period).alias("cohort"))
    won = won.filter(col("costed_customers") == 1) if "costed_customers" in customers.collect_schema().names() else won
    return won.group_by(*by, "cohort").agg(col("acquisition_cost").sum().cast(nw.Int64))


def cohort_label(day: nw.Expr, period: Period) -> nw.Expr:
    """The name of the calendar period of a day, as period_name has it; null for no day."""
    index = period_index(day, period)
    months = index * period.value
    year, part = (months // MONTHS_PER_YEAR).cast(nw.String), (months % MONTHS_PER_YEAR) // period.value + 1
    if period is Period.YEAR:
        return year
    mark, digits = ("-Q", part.cast(nw.String)) if period is Period.QUARTER else ("-", (part + 100).cast(nw.String).str.slice(1))
    return nw.concat_str(year, nw.lit(mark), digits)
