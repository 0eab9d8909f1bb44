"""The measured numbers: each defined once, with how it is measured and how it merges.

A metric is measured in two steps. `measure` turns a customer's orders into a number; such
numbers merge, so two parts of the same orders can be measured apart. `derive` turns the
merged numbers of one customer into one more. Rows of customers then merge into segments
and totals by sum, min or max, so a customer is a group of one and any grouping can be
grouped again. What doesn't add up (a ratio) is a formula, worked out after merging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.measuring import Make, Metric, Observation, metric
from clvcli.tables import Unit


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
    idle, active = seen.window.as_of - col("last_day"), col("last_day") - col("first_day")
    return seen.churn.lapsed(idle, active, col("buying_days"))


def _matured(days: Callable[[Observation], int]) -> tuple[Make, Make]:
    """Whether a customer is at least so old; and what the orders up to that age brought, of those who are."""

    def contribution(seen: Observation) -> nw.Expr:
        counts = (col("age_days") >= days(seen)) & (col("order_age") <= days(seen))
        return _total(nw.when(counts).then(col("contribution")).otherwise(0))

    return (lambda seen: _flag(col("age_days") >= days(seen))), contribution


_BTYD = "Fader, Hardie & Lee 2005, Counting Your Customers the Easy Way"
_CRR = "CRR = (E − N) / S"
_TEXTBOOK = "the textbook's counts of a period"
_REFERRAL = "Kumar, Petersen & Leone 2007, customer referral value"
_N_DAY = "N-day LTV: contribution by day N per customer acquired, of customers who are N days old"

HORIZONS = (30, 60, 90, 180, 365)
"""Ages in days at which the contribution of customers is compared."""


def _by_age() -> Iterator[Metric]:
    """At each horizon, and at the age by which a customer should have paid back: how many are so old, and what they had brought by then."""
    ages: list[tuple[str, str, Callable[[Observation], int]]] = [(f"{n}d", f"{n} days", lambda _, n=n: n) for n in HORIZONS]  # type: ignore[misc]
    ages.append(("to_payback", "the target payback", lambda seen: seen.payback_days))
    for suffix, words, days in ages:
        is_old, brought = _matured(days)
        yield metric(
            f"customers_{suffix}", f"Customers of {words}", Unit.COUNT,
            f"Customers whose first order is at least {words} before the end of observation.",
            source=_N_DAY,
            derive=is_old,
        )  # fmt: skip
        yield metric(
            f"contribution_{suffix}", f"Contribution by {words}", Unit.MONEY,
            f"Gross profit less variable costs of orders up to {words} after the first, of customers who are that old.",
            source=_N_DAY,
            age=brought,
        )  # fmt: skip


_EXPECTED = "the model's expectation for the customer's own history, summed over customers"
_PREDICTED: tuple[Metric, ...] = (
    metric(
        "alive_customers", "Customers alive", Unit.EXPECTED,
        "Customers who haven't left for good, by a model: the sum of their P(alive).",
        source="P(alive), Fader, Hardie & Lee 2008, note 021",
    ),
    metric(
        "predicted_orders", "Predicted orders", Unit.EXPECTED,
        "Buying days to come within the horizon, by a model.",
        source=_EXPECTED,
    ),
    metric(
        "predicted_revenue", "Predicted revenue", Unit.MONEY,
        "Revenue to come within the horizon, by a model; not discounted.",
        source=_EXPECTED,
    ),
    metric(
        "predicted_contribution", "Predicted contribution", Unit.MONEY,
        "Contribution to come within the horizon, by a model, discounted at the configured rate.",
        source="CLV = margin × E[spend] × discounted expected transactions; Fader, Hardie & Lee 2005, RFM and CLV",
    ),
)  # fmt: skip

METRICS: tuple[Metric, ...] = (
    metric(
        "orders", "Orders", Unit.COUNT,
        "Orders placed; lines of one order are one, a refund alone is none.",
        source="frequency of RFM, counted in orders",
        measure=lambda _: _total(col("placed")),
    ),
    metric(
        "revenue", "Revenue", Unit.MONEY,
        "Sum of order amounts, net of refunds.",
        source="monetary value of RFM, as net sales",
        measure=lambda _: _total(col("amount")),
    ),
    metric(
        "refunds", "Refunds", Unit.MONEY,
        "Sum of negative amounts, as a positive number; revenue is already net of them.",
        source="net sales = gross sales − returns",
        measure=lambda _: _total(col("refunds")),
    ),
    metric(
        "gross_profit", "Gross profit", Unit.MONEY,
        "Revenue less cost of goods: by the cost column, else by the margin of its product, category or channel, else by the flat margin.",
        source="gross profit = net sales − cost of goods sold",
        measure=lambda _: _total(col("gross_profit")),
    ),
    metric(
        "variable_costs", "Variable costs", Unit.MONEY,
        "Payment fees and shipping of the orders, as configured under `costs`; a fee isn't given back with a refund.",
        source="contribution = gross profit − variable costs",
        measure=lambda _: _total(col("variable_costs")),
    ),
    metric(
        "first_day", "First order", Unit.DATE,
        "Day of the first order.",
        source=f"{_BTYD}: where T begins",
        merge="min",
        measure=lambda _: _placed("day").min(),
    ),
    metric(
        "last_day", "Last order", Unit.DATE,
        "Day of the last order.",
        source=f"{_BTYD}: where t_x ends",
        merge="max",
        measure=lambda _: _placed("day").max(),
    ),
    metric(
        "buying_days", "Buying days", Unit.COUNT,
        "Distinct days with an order; one less is the repeat count x of the BTYD papers.",
        source=f"{_BTYD}: x + 1, purchases of one day taken as one",
        measure=lambda _: _placed("day").n_unique().cast(nw.Int64) - (col("placed").min() == 0).cast(nw.Int64),
    ),
    metric(
        "orders_in_period", "Orders in the period", Unit.COUNT,
        "Orders placed in the current period.",
        source=_TEXTBOOK,
        measure=lambda s: _total(nw.when(_current(s)).then(col("placed")).otherwise(0)),
    ),
    metric(
        "revenue_in_period", "Revenue in the period", Unit.MONEY,
        "Order amounts of the current period, net of refunds.",
        source=_TEXTBOOK,
        measure=lambda s: _total(nw.when(_current(s)).then(col("amount")).otherwise(0)),
    ),
    metric(
        "orders_in_previous_period", "Orders in the previous period", Unit.COUNT,
        "Orders placed in the previous period.",
        source=_TEXTBOOK,
        measure=lambda s: _total(nw.when(_previous(s)).then(col("placed")).otherwise(0)),
    ),
    metric(
        "customers_in_period", "Customers in the period", Unit.COUNT,
        "Customers with an order in the current period.",
        source=_TEXTBOOK,
        derive=lambda _: _flag(col("orders_in_period") > 0),
    ),
    metric(
        "customers_in_previous_period", "Customers in the previous period", Unit.COUNT,
        "Customers with an order in the previous period.",
        source=f"S in {_CRR}",
        derive=lambda _: _flag(col("orders_in_previous_period") > 0),
    ),
    metric(
        "customers", "Customers", Unit.COUNT,
        "Customers with an order; 1 on a customer's own row.",
        source="one denominator for all: everyone who was won",
        derive=lambda _: _flag(col("orders") > 0),
    ),
    metric(
        "repeat_customers", "Repeat customers", Unit.COUNT,
        "Customers with two orders or more.",
        source=f"{_BTYD}: customers with x > 0, counted in orders",
        derive=lambda _: _flag(col("orders") > 1),
    ),
    metric(
        "age_days", "Age", Unit.DAYS,
        "Days from the first order to the end of observation (T in the BTYD papers); customer-days for a group.",
        source=f"{_BTYD}: T",
        derive=lambda s: s.window.as_of - col("first_day"),
    ),
    metric(
        "active_days", "Active", Unit.DAYS,
        "Days from the first order to the last (t_x in the BTYD papers); customer-days for a group.",
        source=f"{_BTYD}: t_x",
        derive=lambda _: col("last_day") - col("first_day"),
    ),
    metric(
        "idle_days", "Idle", Unit.DAYS,
        "Days from the last order to the end of observation; customer-days for a group.",
        source="recency of RFM; T − t_x",
        derive=lambda s: s.window.as_of - col("last_day"),
    ),
    metric(
        "lapsed_customers", "Lapsed customers", Unit.COUNT,
        "Customers idle for longer than the churn rule allows.",
        source="churn by a window of silence: Gold 2020, Fighting Churn with Data, max_inactive",
        derive=lambda s: _flag(_lapsed(s)),
    ),
    metric(
        "exposure_days", "Days at risk", Unit.DAYS,
        "Days a customer was watched before lapsing: first to last order if lapsed, else first order to the end of observation.",
        source="time at risk of a survival analysis, with who has not lapsed censored",
        derive=lambda s: nw.when(_lapsed(s)).then(col("last_day")).otherwise(s.window.as_of) - col("first_day"),
    ),
    metric(
        "retained_customers", "Retained customers", Unit.COUNT,
        "Customers with an order in the previous period and in the current one.",
        source=f"E − N in {_CRR}",
        derive=lambda _: _flag((col("orders_in_period") > 0) & (col("orders_in_previous_period") > 0)),
    ),
    metric(
        "new_customers", "New customers", Unit.COUNT,
        "Customers whose first order is in the current period.",
        source=f"N in {_CRR}",
        derive=lambda s: _flag(col("first_day") >= s.window.current_start),
    ),
    metric(
        "acquisition_cost", "Acquisition cost", Unit.MONEY,
        "What the customer cost to win: a share of the spend of the channel and month of the first order, or the CAC of the channel, or of all.",
        source="CAC = spend / new customers",
    ),
    metric(
        "costed_customers", "Customers of known cost", Unit.COUNT,
        "Customers of whom it is known what they cost to win: all, unless the spend is of some months only.",
        source="CAC = spend / new customers",
    ),
    metric(
        "referred_customers", "Referred customers", Unit.COUNT,
        "Customers whose first order names this customer as referrer.",
        source=_REFERRAL,
    ),
    metric(
        "referred_gross_profit", "Referred gross profit", Unit.MONEY,
        "Gross profit of the referred customers; it is in their own rows too.",
        source=_REFERRAL,
    ),
    *_by_age(),
    *_PREDICTED,
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
BY_AGE = frozenset(m.name for m in _by_age())
"""The metrics for which orders must know how old their customer was; they are measured where they are asked for."""
PREDICTED = frozenset(m.name for m in _PREDICTED)
"""The metrics that a model tells; a model is fitted where they are asked for."""
OPTIONAL = frozenset({"gross_profit", "variable_costs"})
"""The metrics that are measured only where the orders have such a column."""
