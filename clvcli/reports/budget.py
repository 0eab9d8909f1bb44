"""Where should the next unit of spend go? What each channel's spend has won, in months of little and of much of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from clvcli.acquisition import MONTH, SPEND
from clvcli.periods import Period, period_name
from clvcli.tables import MONEY_SCALE, Column, Table, Unit

_WALD = "slope between the halves: Wald 1940, The Fitting of Straight Lines if Both Variables are Subject to Error"
_CHANNEL = Column("channel", "Channel", Unit.TEXT, "The channel that was paid.")
_MONTH = Column("month", "Month", Unit.TEXT, "The month in which customers were won.")
_SPEND = Column("spend", "Spend", Unit.MONEY, "What was spent to win them.")
_NEW = Column("new_customers", "New customers", Unit.COUNT, "Customers whose first order is in the month.")
_CAC = Column("spend_per_customer", "CAC", Unit.MONEY, "All spend per new customer, also what won nobody.", "CAC = spend / new customers")
_BROUGHT = Column("contribution", "Contribution", Unit.MONEY, "What these customers have brought so far, before their cost.")
_RETURN = Column(
    "earned_per_unit",
    "Earned per unit",
    Unit.NUMBER,
    "Contribution so far per unit of spend.",
    "return on advertising spend, on contribution",
)
BY_MONTH = (
    _CHANNEL, _MONTH, _SPEND, _NEW, _CAC, _BROUGHT, _RETURN,
    Column("more_spend", "More spend", Unit.MONEY, "Spend more than in the channel's month before in this table."),
    Column("more_customers", "More customers", Unit.COUNT, "New customers more than in the channel's month before in this table."),
    Column("next_customer", "Next customer", Unit.MONEY, "More spend per more customer; empty where one fell while the other rose.", "marginal CAC"),
    Column("earned_by_more", "Earned by more", Unit.NUMBER, "Contribution in 90 days more per unit of spend more, where both months' customers are so old."),
)  # fmt: skip
BY_CHANNEL = (
    _CHANNEL, _SPEND, _NEW, _CAC,
    Column("cac_little", "CAC, low spend", Unit.MONEY, "CAC of the half of months with less spend."),
    Column("cac_much", "CAC, high spend", Unit.MONEY, "CAC of the half of months with more spend."),
    Column("cac_next", "Next customer", Unit.MONEY, "What one more customer cost: the difference in spend between the halves per difference in customers.", _WALD),
    Column("contribution_90d_each", "In 90 days", Unit.MONEY, "Contribution in 90 days of a customer who is that old, before CAC."),
    Column("earned_by_next", "Earned by next", Unit.NUMBER, "What the next unit of spend earned within 90 days: contribution of a customer per cost of the next one."),
)  # fmt: skip
COLUMNS = (*BY_MONTH, *BY_CHANNEL)
_FEWEST_MONTHS = 4


def budget_tables(months: pl.DataFrame) -> tuple[Table, Table]:
    """A row per channel; and for machines a row per channel and month.

    `months` has channel, month (as period_index has it), spend, new_customers, contribution, customers_90d and contribution_90d,
    money in ten-thousandths.
    """
    ordered = months.sort("channel", "month", nulls_last=True)
    return _by_channel(ordered), _by_month(ordered)


def _by_month(months: pl.DataFrame) -> Table:
    spend, new = pl.col("spend"), pl.col("new_customers")
    more = [
        (pl.col(n) - pl.col(n).shift(1)).over("channel").alias(f"more_{m}") for n, m in (("spend", "spend"), ("new_customers", "customers"))
    ]
    mature = pl.col("customers_90d") == new
    both = (mature & mature.shift(1)).over("channel")
    earned = (pl.col("contribution_90d") - pl.col("contribution_90d").shift(1)).over("channel")
    known = months.with_columns(*more, both.alias("both"), earned.alias("earned"))
    dearer = pl.col("more_spend") / (pl.col("more_customers") * MONEY_SCALE)
    frame = known.select(
        "channel",
        pl.Series("month", [period_name(at, Period.MONTH) for at in known["month"]], dtype=pl.String),
        "spend", "new_customers",
        pl.when(new > 0).then(spend / (new * MONEY_SCALE)).alias("spend_per_customer"),
        "contribution",
        pl.when(spend > 0).then(pl.col("contribution") / spend).alias("earned_per_unit"),
        "more_spend", "more_customers",
        pl.when((pl.col("more_customers") != 0) & (dearer >= 0)).then(dearer).alias("next_customer"),
        pl.when(pl.col("both") & (pl.col("more_spend") != 0)).then(pl.col("earned") / pl.col("more_spend")).alias("earned_by_more"),
    )  # fmt: skip
    return Table.of("budget_months", "Spend and what it won, month by month", BY_MONTH, frame, keys=2, for_machines=True)


def _by_channel(months: pl.DataFrame) -> Table:
    rows = [(key[0], *_of_channel(group)) for key, group in months.group_by("channel", maintain_order=True)]
    schema: dict[str, Any] = {c.name: {Unit.TEXT: pl.String, Unit.COUNT: pl.Int64}.get(c.unit, pl.Float64) for c in BY_CHANNEL}
    frame = pl.DataFrame(rows, schema=schema, orient="row").sort("spend", "channel", descending=[True, False], nulls_last=True)
    note = (
        f"Low and high: the months of a channel, halved by their spend ({_FEWEST_MONTHS} months at least). Spend that won nobody is in it. "
        "More spend in months when more people want to buy looks better than it is: no test of cause."
    )
    return Table("budget", "What the next unit of spend earned, by channel", BY_CHANNEL, frame, (note,))


def _of_channel(months: pl.DataFrame) -> Iterator[Any]:
    """Spend, customers and CAC of a channel; CAC of the months of less and of more spend; and what the next customer cost and brought."""
    spend, new = _sums(months)
    yield spend / MONEY_SCALE
    yield new
    yield _ratio(spend, new)
    ranked = months.sort("spend", "month")
    half = ranked.height // 2
    little, much = _sums(ranked.head(half)), _sums(ranked.tail(half))
    known = ranked.height >= _FEWEST_MONTHS
    yield _ratio(*little) if known else None
    yield _ratio(*much) if known else None
    following = _ratio(much[0] - little[0], much[1] - little[1]) if known and much[1] > little[1] and much[0] > little[0] else None
    yield following
    brought = _ratio(int(months["contribution_90d"].sum()), int(months["customers_90d"].sum()))
    yield brought
    yield brought / following if brought is not None and following else None


def _sums(months: pl.DataFrame) -> tuple[int, int]:
    return int(months["spend"].sum()), int(months["new_customers"].sum())


def _ratio(money: int, customers: int) -> float | None:
    return money / (customers * MONEY_SCALE) if customers else None


def month_rows(won: pl.DataFrame, cells: pl.DataFrame, by: str, known: tuple[int, int] | None = None) -> pl.DataFrame:
    """The rows of `budget_tables` from customers won by `by` and month, and `cells` of spend; also where nobody was won or nothing spent."""
    month = pl.col(MONTH).alias("month")
    name = pl.col(by).alias("channel") if by else pl.lit("all").alias("channel")
    spent = cells.select(name, month, pl.col(SPEND).alias("spend"))
    new = won.select(name, month, "new_customers", "contribution", "customers_90d", "contribution_90d")
    paid = spent["channel"].unique()
    joined = spent.join(new, on=["channel", "month"], how="full", coalesce=True).filter(pl.col("channel").is_in(paid.to_list()))
    inside = joined if known is None else joined.filter(pl.col("month").is_between(*known))
    return inside.with_columns(pl.exclude("channel", "month").fill_null(0))
