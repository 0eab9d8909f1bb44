"""Triangle: cohorts by age with what was observed told from what wasn't; figures at an age are of those who reached it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from clvcli.cohorts import MEASURES
from clvcli.labels import BETWEEN, MISSING
from clvcli.periods import Period, first_day_of, is_running, period_index, period_name

MONEY = ("revenue", "contribution")


@dataclass(frozen=True, eq=False, repr=False)
class Triangle:
    """One row per group, cohort and age that has begun by `as_of`, in its order; `group` is null if there are no groups.

    Columns: group, cohort (a period as period_index has it), age, customers (of the cohort), active, orders, revenue and
    contribution (money in ten-thousandths), their sums up to the age as cumulative_…, and is_partial where the period
    was still running on `as_of`.
    """

    frame: pl.DataFrame
    period: Period
    first_day: int
    as_of: int
    measures: tuple[str, ...]

    @property
    def whole(self) -> pl.DataFrame:
        """The cells of periods that were over."""
        return self.frame.filter(~pl.col("is_partial"))

    def at_each_age(self, *by: str) -> pl.DataFrame:
        """One row per `by` and age, summed over the cohorts that reached it: `cohorts`, `customers` and the sums of each measure."""
        sums = ["customers", "active", *self.measures, *(f"cumulative_{m}" for m in self.measures)]
        return self.whole.group_by(*by, "age").agg(pl.len().alias("cohorts"), pl.col(sums).sum()).sort(*by, "age", nulls_last=True)

    @property
    def begins_midway(self) -> bool:
        """Whether the first cohort may hold customers who bought before the data begin."""
        return self.first_day > first_day_of(period_index(self.first_day, self.period), self.period)

    @property
    def last_is_partial(self) -> bool:
        """Whether the last period was still running."""
        return is_running(self.as_of, self.period)

    def name(self, cohort: int) -> str:
        """What people call a cohort."""
        return period_name(cohort, self.period)


def triangle(cells: pl.DataFrame, period: Period, first_day: int, as_of: int, groups: Sequence[str] = ()) -> Triangle:
    """The triangle of `cells` as the cohorts room makes them, with every cell that could be observed; 0 where nobody bought."""
    last, measures = period_index(as_of, period), tuple(m for m in MEASURES if m in cells.columns)
    counts = ["active", *measures]
    named = cells.filter(pl.col("cohort").is_not_null()).with_columns(pl.col("cohort", "age").cast(pl.Int64), _group(groups))
    known = named.group_by("group", "cohort", "age").agg(pl.col(counts).sum())  # groups may be called alike
    sizes = known.filter(pl.col("age") == 0).select("group", "cohort", customers="active")
    ages = pl.int_ranges(0, last + 1 - pl.col("cohort")).alias("age")
    grid = sizes.with_columns(ages).explode("age", empty_as_null=False)
    filled = grid.join(known, on=["group", "cohort", "age"], how="left", nulls_equal=True)
    ordered = filled.with_columns(pl.col(counts).fill_null(0)).sort("group", "cohort", "age", nulls_last=True)
    summed = [pl.col(m).cum_sum().over("group", "cohort").alias(f"cumulative_{m}") for m in measures]
    running = (pl.col("cohort") + pl.col("age") == last) & pl.lit(is_running(as_of, period))
    return Triangle(ordered.with_columns(*summed, running.alias("is_partial")), period, first_day, as_of, measures)


def acquisition_costs(costs: pl.DataFrame, groups: Sequence[str] = ()) -> dict[tuple[str | None, int | None], int]:
    """What each group and cohort cost to win, from `cohort_costs`."""
    named = costs.with_columns(_group(groups)).group_by("group", "cohort").agg(pl.col("acquisition_cost").sum())
    return {(group, cohort): cost for group, cohort, cost in named.rows()}


def _group(groups: Sequence[str]) -> pl.Expr:
    """What a row's group is called: the values of its attributes, or nothing."""
    if not groups:
        return pl.lit(None, pl.String).alias("group")
    return pl.concat_str([pl.col(name).fill_null(MISSING) for name in groups], separator=BETWEEN).alias("group")
