"""What each customer cost to win."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.periods import Period, period_index
from clvcli.rates import Rates, whole
from clvcli.tables import MONEY_SCALE, Frame

MONTH, SPEND = "clv:month", "clv:spend"


@dataclass(frozen=True)
class SpendRow:
    """An amount spent evenly from one day to another, both in, in ten-thousandths; the channel is null if it isn't known."""

    first_day: int
    last_day: int
    channel: str | None
    amount: int

    def days(self) -> Iterator[tuple[int, int]]:
        """Its days, each with its part; the parts are whole and sum to the amount."""
        length = self.last_day - self.first_day + 1
        for at in range(length):
            yield self.first_day + at, self.amount * (at + 1) // length - self.amount * at // length


def spend_by_month(rows: Iterable[SpendRow], lag_days: int, as_of: int) -> tuple[dict[tuple[str | None, int], int], int]:
    """What was spent by channel and month, and what was spent too late to have won anyone by `as_of`.

    What is spent on a day wins customers `lag_days` later. A month is a number as period_index has it.
    """
    cells: dict[tuple[str | None, int], int] = defaultdict(int)
    late = 0
    for row in rows:
        for day, amount in row.days():
            if day + lag_days > as_of:
                late += amount
            else:
                cells[row.channel, period_index(day + lag_days, Period.MONTH)] += amount
    return dict(cells), late


def with_acquisition_cost(customers: Frame, cac: Rates | None) -> Frame:
    """Add `acquisition_cost`: the CAC of the customer's attribute, or the CAC of all, and that it is known; nothing if none is.

    Only a customer who ordered was won; a row of refunds alone cost nothing.
    """
    if cac is None:
        return customers
    won = whole(cac.expression(MONEY_SCALE)) * nw.col("customers")
    return customers.with_columns(won.alias("acquisition_cost"), col("customers").alias("costed_customers"))


def new_customers(customers: Frame, by: str) -> Frame:
    """One row per attribute `by`, if there is one, and MONTH of the first order: how many customers it won."""
    won = customers.filter(col("customers") == 1).with_columns(_month().alias(MONTH))
    return won.group_by(*([by] if by else []), MONTH).agg(col("customers").sum().cast(nw.Int64))


def with_spend(customers: Frame, by: str, cells: Frame, covered: tuple[int, int] | None = None) -> Frame:
    """Add `acquisition_cost`: what was spent in the month of the first order on the attribute `by`, over those it won.

    `cells` has `by` (unless it is empty), MONTH and SPEND in ten-thousandths. The costs of a cell's customers
    are equal to a ten-thousandth and sum to its spend: what is left over falls on the least ids.
    `costed_customers` are those who were won in the months that the spend is of, from the first of `covered` to the last, or all.
    Source: CAC = spend / new customers.
    """
    keys = [*([by] if by else []), MONTH]
    known = customers.with_columns(_month().alias(MONTH))
    won = col("customers").sum().over(*keys)
    place = nw.when(col("customers") == 1).then(col("customer_id")).rank("ordinal").over(*keys)
    joined = known.with_columns(won.alias("clv:won"), place.alias("clv:place")).join(cells, on=keys, how="left")
    spend, won = col(SPEND).fill_null(0), nw.max_horizontal(col("clv:won"), nw.lit(1))
    more = nw.when(col("clv:place") <= spend - spend // won * won).then(1).otherwise(0)
    cost = nw.when(col("customers") == 1).then(spend // won + more).otherwise(0)
    costed = col("customers") if covered is None else _flag((col(MONTH) >= covered[0]) & (col(MONTH) <= covered[1]))
    costs = (cost.cast(nw.Int64).alias("acquisition_cost"), costed.alias("costed_customers"))
    return joined.with_columns(*costs).drop(MONTH, "clv:won", "clv:place", SPEND)


def unattributed(cells: Mapping[tuple[str | None, int], int], won: Iterable[tuple[str | None, int]]) -> dict[tuple[str | None, int], int]:
    """The spend of channels and months in which nobody was won."""
    reached = set(won)
    return {cell: amount for cell, amount in cells.items() if cell not in reached and amount}


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition & (col("customers") == 1)).then(1).otherwise(0).cast(nw.Int64)


def _month() -> nw.Expr:
    return period_index(col("first_day"), Period.MONTH)
