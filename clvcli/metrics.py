"""The measured numbers: each defined once, with how it is measured and how it merges.

A metric is measured in two steps. `measure` turns a customer's orders into a number; such
numbers merge, so two parts of the same orders can be measured apart. `derive` turns the
merged numbers of one customer into one more. Rows of customers then merge into segments
and totals by sum, min or max, so a customer is a group of one and any grouping can be
grouped again. What doesn't add up (a ratio) is a formula, worked out after merging.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.periods import Window
from clvcli.tables import Column, Unit


@dataclass(frozen=True)
class Observation:
    """What measuring needs to know beside the orders: the window and when a customer has lapsed."""

    window: Window
    churn_window_days: int


Merge = Literal["sum", "min", "max"]
Make = Callable[[Observation], nw.Expr]


@dataclass(frozen=True)
class Metric:
    """One measured number; exactly one of `measure` and `derive` is there, unless a join makes it."""

    column: Column
    merge: Merge
    measure: Make | None = None
    derive: Make | None = None

    @property
    def name(self) -> str:
        """Its name, in frames and in formulas."""
        return self.column.name

    @property
    def merged(self) -> nw.Expr:
        """Its value for a group of rows."""
        merged: nw.Expr = getattr(col(self.name), self.merge)()
        return merged if self.merge != "sum" else merged.cast(nw.Int64)


def _total(value: nw.Expr) -> nw.Expr:
    return value.sum().cast(nw.Int64)


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(1).otherwise(0).cast(nw.Int64)


def _placed(column: str) -> nw.Expr:
    """The column where the row is a purchase; a refund alone is no activity."""
    return nw.when(col("placed") == 1).then(col(column))


def _current(seen: Observation) -> nw.Expr:
    return (col("day") >= seen.window.current_start) & (col("day") <= seen.window.as_of)


def _previous(seen: Observation) -> nw.Expr:
    return (col("day") >= seen.window.previous_start) & (col("day") < seen.window.current_start)


def _lapsed(seen: Observation) -> nw.Expr:
    return seen.window.as_of - col("last_day") > seen.churn_window_days


def _metric(  # noqa: PLR0913 - a definition states everything about one number
    name: str,
    label: str,
    unit: Unit,
    description: str,
    *,
    source: str,
    merge: Merge = "sum",
    measure: Make | None = None,
    derive: Make | None = None,
) -> Metric:
    return Metric(Column(name, label, unit, description, source), merge, measure, derive)


_BTYD = "Fader, Hardie & Lee 2005, Counting Your Customers the Easy Way"
_CRR = "CRR = (E − N) / S"
_TEXTBOOK = "the textbook's counts of a period"
_REFERRAL = "Kumar, Petersen & Leone 2007, customer referral value"


METRICS: tuple[Metric, ...] = (
    _metric(
        "orders", "Orders", Unit.COUNT,
        "Orders placed; lines of one order are one, a refund alone is none.",
        source="frequency of RFM, counted in orders",
        measure=lambda _: _total(col("placed")),
    ),
    _metric(
        "revenue", "Revenue", Unit.MONEY,
        "Sum of order amounts, net of refunds.",
        source="monetary value of RFM, as net sales",
        measure=lambda _: _total(col("amount")),
    ),
    _metric(
        "refunds", "Refunds", Unit.MONEY,
        "Sum of negative amounts, as a positive number; revenue is already net of them.",
        source="net sales = gross sales − returns",
        measure=lambda _: _total(col("refunds")),
    ),
    _metric(
        "gross_profit", "Gross profit", Unit.MONEY,
        "Revenue less cost of goods: by the cost column, else by the margin of its product, category or channel, else by the flat margin.",
        source="gross profit = net sales − cost of goods sold",
        measure=lambda _: _total(col("gross_profit")),
    ),
    _metric(
        "first_day", "First order", Unit.DATE,
        "Day of the first order.",
        source=f"{_BTYD}: where T begins",
        merge="min",
        measure=lambda _: _placed("day").min(),
    ),
    _metric(
        "last_day", "Last order", Unit.DATE,
        "Day of the last order.",
        source=f"{_BTYD}: where t_x ends",
        merge="max",
        measure=lambda _: _placed("day").max(),
    ),
    _metric(
        "buying_days", "Buying days", Unit.COUNT,
        "Distinct days with an order; one less is the repeat count x of the BTYD papers.",
        source=f"{_BTYD}: x + 1, purchases of one day taken as one",
        measure=lambda _: _placed("day").n_unique().cast(nw.Int64) - (col("placed").min() == 0).cast(nw.Int64),
    ),
    _metric(
        "orders_in_period", "Orders in the period", Unit.COUNT,
        "Orders placed in the current period.",
        source=_TEXTBOOK,
        measure=lambda s: _total(nw.when(_current(s)).then(col("placed")).otherwise(0)),
    ),
    _metric(
        "revenue_in_period", "Revenue in the period", Unit.MONEY,
        "Order amounts of the current period, net of refunds.",
        source=_TEXTBOOK,
        measure=lambda s: _total(nw.when(_current(s)).then(col("amount")).otherwise(0)),
    ),
    _metric(
        "orders_in_previous_period", "Orders in the previous period", Unit.COUNT,
        "Orders placed in the previous period.",
        source=_TEXTBOOK,
        measure=lambda s: _total(nw.when(_previous(s)).then(col("placed")).otherwise(0)),
    ),
    _metric(
        "customers_in_period", "Customers in the period", Unit.COUNT,
        "Customers with an order in the current period.",
        source=_TEXTBOOK,
        derive=lambda _: _flag(col("orders_in_period") > 0),
    ),
    _metric(
        "customers_in_previous_period", "Customers in the previous period", Unit.COUNT,
        "Customers with an order in the previous period.",
        source=f"S in {_CRR}",
        derive=lambda _: _flag(col("orders_in_previous_period") > 0),
    ),
    _metric(
        "customers", "Customers", Unit.COUNT,
        "Customers with an order; 1 on a customer's own row.",
        source="one denominator for all: everyone who was won",
        derive=lambda _: _flag(col("orders") > 0),
    ),
    _metric(
        "repeat_customers", "Repeat customers", Unit.COUNT,
        "Customers with two orders or more.",
        source=f"{_BTYD}: customers with x > 0, counted in orders",
        derive=lambda _: _flag(col("orders") > 1),
    ),
    _metric(
        "age_days", "Age", Unit.DAYS,
        "Days from the first order to the end of observation (T in the BTYD papers); customer-days for a group.",
        source=f"{_BTYD}: T",
        derive=lambda s: s.window.as_of - col("first_day"),
    ),
    _metric(
        "active_days", "Active", Unit.DAYS,
        "Days from the first order to the last (t_x in the BTYD papers); customer-days for a group.",
        source=f"{_BTYD}: t_x",
        derive=lambda _: col("last_day") - col("first_day"),
    ),
    _metric(
        "idle_days", "Idle", Unit.DAYS,
        "Days from the last order to the end of observation; customer-days for a group.",
        source="recency of RFM; T − t_x",
        derive=lambda s: s.window.as_of - col("last_day"),
    ),
    _metric(
        "lapsed_customers", "Lapsed customers", Unit.COUNT,
        "Customers idle for longer than the churn window.",
        source="churn by a fixed window of silence: Gold 2020, Fighting Churn with Data, max_inactive",
        derive=lambda s: _flag(_lapsed(s)),
    ),
    _metric(
        "exposure_days", "Days at risk", Unit.DAYS,
        "Days a customer was watched before lapsing: first to last order if lapsed, else first order to the end of observation.",
        source="time at risk of a survival analysis, with who has not lapsed censored",
        derive=lambda s: nw.when(_lapsed(s)).then(col("last_day")).otherwise(s.window.as_of) - col("first_day"),
    ),
    _metric(
        "retained_customers", "Retained customers", Unit.COUNT,
        "Customers with an order in the previous period and in the current one.",
        source=f"E − N in {_CRR}",
        derive=lambda _: _flag((col("orders_in_period") > 0) & (col("orders_in_previous_period") > 0)),
    ),
    _metric(
        "new_customers", "New customers", Unit.COUNT,
        "Customers whose first order is in the current period.",
        source=f"N in {_CRR}",
        derive=lambda s: _flag(col("first_day") >= s.window.current_start),
    ),
    _metric(
        "acquisition_cost", "Acquisition cost", Unit.MONEY,
        "What the customer cost to win: the CAC of the channel of the first order, or the flat CAC.",
        source="CAC = spend / new customers",
    ),
    _metric(
        "referred_customers", "Referred customers", Unit.COUNT,
        "Customers whose first order names this customer as referrer.",
        source=_REFERRAL,
    ),
    _metric(
        "referred_gross_profit", "Referred gross profit", Unit.MONEY,
        "Gross profit of the referred customers; it is in their own rows too.",
        source=_REFERRAL,
    ),
)  # fmt: skip

PERIOD_METRICS = frozenset(
    {
        "orders_in_period",
        "revenue_in_period",
        "orders_in_previous_period",
        "customers_in_period",
        "customers_in_previous_period",
        "retained_customers",
        "new_customers",
    }
)
"""The metrics that need a period; without one they are not measured."""
