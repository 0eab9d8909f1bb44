"""Purchases: each customer's buying days up to a day, and what followed; the histories that models are fitted to and held against."""

from __future__ import annotations

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.costs import contribution
from clvcli.cuts import RECENT_DAYS, Cut
from clvcli.tables import Frame

HISTORY = ("buying_days", "active_days", "age_days")
"""What a history is to a model of buying."""
_CALENDAR = 4_000_000
"""More days than there are from the year 1 to the year 9999; its square times half a million buying days is still a whole number of 64 bits."""
REPEATS, REPEAT_REVENUE, HISTORIES = "repeats", "repeat_revenue", "histories"


def buying(orders: Frame, as_of: int) -> Frame:
    """One row per customer and day with an order or a refund: `placed`, revenue, contribution where it is known, and the `first_day` of all.

    What was given back after the end of observation, as after the last order it may be, is of its last day.
    """
    brought = contribution(orders.collect_schema().names())
    known = orders.with_columns(
        nw.when(col("day") > as_of).then(nw.lit(as_of)).otherwise(col("day")).cast(nw.Int32).alias("day"),
        *([brought.alias("contribution")] if brought is not None else []),
    )
    sums = [col("amount").sum().cast(nw.Int64).alias("revenue")]
    sums += [col("contribution").sum().cast(nw.Int64)] if brought is not None else []
    days = known.group_by("customer_id", "day").agg(col("placed").max().cast(nw.Int64), *sums)
    first = nw.when(col("placed") == 1).then(col("day")).min().over("customer_id")  # half of what joining with customers takes
    return days.with_columns(first.alias("first_day")).filter(~col("first_day").is_null())


def histories(days: Frame, cut: Cut) -> Frame:
    """One row per customer won by the day of the cut, from rows of `buying`.

    customer_id, first_day, buying_days, active_days and age_days as the metrics have them; revenue, and repeat_revenue after the
    first day; recent_days and recent_revenue of the last RECENT_DAYS; contribution where it is known; and of the days after the cut
    later_days of purchase, later_revenue and later_contribution.
    """
    day, past = col("day"), col("day") <= cut.day
    recent = past & (day > cut.day - RECENT_DAYS)
    later = (day > cut.day) & (day <= cut.end)
    sums = {
        "buying_days": _sum(past, "placed"),
        "revenue": _sum(past, "revenue"),
        REPEAT_REVENUE: _sum(past & (day > col("first_day")), "revenue"),
        "recent_days": _sum(recent, "placed"),
        "recent_revenue": _sum(recent, "revenue"),
        "later_days": _sum(later, "placed"),
        "later_revenue": _sum(later, "revenue"),
    }
    if "contribution" in days.collect_schema().names():
        sums |= {"contribution": _sum(past, "contribution"), "later_contribution": _sum(later, "contribution")}
    last = nw.when(past & (col("placed") == 1)).then(day).max().alias("last_day")
    won = days.filter(col("first_day") <= cut.day)
    rows = won.group_by("customer_id", "first_day").agg(last, *(value.alias(name) for name, value in sums.items()))
    ages = {"active_days": col("last_day") - col("first_day"), "age_days": cut.day - col("first_day")}
    return rows.with_columns(*(value.cast(nw.Int64).alias(name) for name, value in ages.items()))


def distinct(rows: Frame) -> Frame:
    """One row per distinct HISTORY, and how many customers have it, from rows of `histories` or of customers.

    They are told apart by one number, by which grouping costs half of what it does by three.
    """
    buying_days, active_days, age_days = (col(name).cast(nw.Int64) for name in HISTORY)
    number = (buying_days * _CALENDAR + active_days) * _CALENDAR + age_days
    counted = rows.select(number.alias("number")).group_by("number").agg(nw.len().cast(nw.Int64).alias(HISTORIES))
    parts = (col("number") // _CALENDAR // _CALENDAR, col("number") // _CALENDAR % _CALENDAR, col("number") % _CALENDAR)
    return counted.select(*(part.alias(name) for part, name in zip(parts, HISTORY, strict=True)), HISTORIES)


def spends(rows: Frame) -> Frame:
    """One row per distinct number of repeat buying days and revenue on them, of customers with any, and how many have both."""
    repeats = rows.filter(col("buying_days") > 1).select((col("buying_days") - 1).alias(REPEATS), REPEAT_REVENUE)
    return repeats.group_by(REPEATS, REPEAT_REVENUE).agg(nw.len().cast(nw.Int64).alias(HISTORIES))


def _sum(where: nw.Expr, name: str) -> nw.Expr:
    return nw.when(where).then(col(name)).otherwise(0).sum().cast(nw.Int64)
