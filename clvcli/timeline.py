"""Timeline: the changes of every period added up to the metrics as of its end, one row per group and period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from clvcli.history import FLOWS
from clvcli.periods import Period, last_day_of, period_index, period_name

_RUNNING = (
    "customers",
    "acquisition_cost",
    "first_days",
    "last_days",
    "buying_days",
    "repeat_customers",
    "lapsed_customers",
    "lapsed_last_days",
)


@dataclass(frozen=True, eq=False, repr=False)
class Timeline:
    """One row per group and calendar period up to `as_of`, in order: `at`, and the metrics as of its end.

    The first period's previous one isn't known. The last may still be running.
    """

    frame: pl.DataFrame
    period: Period
    first_day: int
    as_of: int
    by: tuple[str, ...] = ()

    @property
    def last_is_partial(self) -> bool:
        """Whether the last period was still running."""
        return self.as_of < last_day_of(period_index(self.as_of, self.period), self.period)

    @property
    def names(self) -> list[str]:
        """What people call the periods."""
        return [period_name(at, self.period) for at in self.frame["at"]]


def timeline(changes: pl.DataFrame, lapses: pl.DataFrame, period: Period, days: tuple[int, int], by: Sequence[str] = ()) -> Timeline:
    """The metrics as of each period's end, from what `changes` and `lapses` say; `days` are the first one and the end of observation.

    What moved before the first day (a refund of something bought earlier) is of the first period.
    """
    first, last = (period_index(day, period) for day in days)
    keys = [*by, "at"]
    whole = pl.col("at").cast(pl.Int64)
    groups = changes.select(by).unique() if by else pl.DataFrame({"": [None]})
    grid = groups.join(pl.DataFrame({"at": pl.int_range(first, last + 1, eager=True)}), how="cross").drop("", strict=False)
    moved = changes.with_columns(pl.max_horizontal(whole, first)).group_by(keys).sum()
    joined = grid.join(moved, on=keys, how="left", nulls_equal=True)
    joined = joined.join(lapses.with_columns(whole), on=keys, how="left", nulls_equal=True)
    filled = joined.with_columns(pl.exclude(*keys).fill_null(0)).sort(*keys, nulls_last=True)
    frame = _as_of_ends(filled, period, days[1], by)
    return Timeline(frame, period, days[0], days[1], tuple(by))


def _as_of_ends(filled: pl.DataFrame, period: Period, as_of: int, by: Sequence[str]) -> pl.DataFrame:
    known = filled.with_columns(customers="new_customers")
    flows = [name for name in FLOWS if name in known.columns]
    running = [name for name in (*flows, *_RUNNING) if name in known.columns]
    in_period = [pl.col(name).alias(f"{name}_in_period") for name in ("orders", "revenue")]
    known = known.with_columns(*in_period, pl.Series("end", [min(last_day_of(at, period), as_of) for at in known["at"]], dtype=pl.Int64))
    summed = known.with_columns(_over(pl.col(name).cum_sum(), by) for name in running)
    before = [_over(pl.col(f"{name}_in_period").shift(1), by).alias(f"{name}_in_previous_period") for name in ("orders", "customers")]
    customers, end = pl.col("customers"), pl.col("end")
    aged = summed.with_columns(
        *before,
        (customers * end - pl.col("first_days")).alias("age_days"),
        (pl.col("last_days") - pl.col("first_days")).alias("active_days"),
        (customers * end - pl.col("last_days")).alias("idle_days"),
    )
    unwatched = pl.col("lapsed_customers") * end - pl.col("lapsed_last_days")
    known_before = pl.col("customers_in_previous_period").is_not_null()
    retained = pl.when(known_before).then("retained_customers").alias("retained_customers")
    return aged.with_columns((pl.col("age_days") - unwatched).alias("exposure_days"), retained).drop(
        "first_days", "last_days", "lapsed_last_days"
    )


def _over(expression: pl.Expr, by: Sequence[str]) -> pl.Expr:
    return expression.over(*by) if by else expression
