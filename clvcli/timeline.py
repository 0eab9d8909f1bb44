"""Timeline: the changes of every period added up to the metrics as of its end, one row per group and period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from clvcli.history import FLOWS
from clvcli.periods import Period, is_running, last_day_of, period_index, period_name

_RUNNING = (
    "costed_customers",
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
        return is_running(self.as_of, self.period)

    @property
    def names(self) -> list[str]:
        """What people call the periods."""
        return [period_name(at, self.period) for at in self.frame["at"]]


def timeline(changes: pl.DataFrame, lapses: pl.DataFrame, period: Period, days: tuple[int, int], by: Sequence[str] = ()) -> Timeline:
    """The metrics as of each period's end, from what `changes` and `lapses` say; `days` are the first one and the end of observation.

    What moved before the first day (a refund of something bought earlier) is in the sums from the first period on.
    """
    first, last = (period_index(day, period) for day in days)
    keys = [*by, "at"]
    changed, lapsed = (frame.with_columns(pl.col("at").cast(pl.Int64)) for frame in (changes, lapses))
    groups = changes.select(by).unique() if by else pl.DataFrame({"": [None]})
    ends = pl.int_range(min([first, *changed["at"]]), last + 1, eager=True)
    grid = groups.join(pl.DataFrame({"at": ends}), how="cross").drop("", strict=False)
    joined = grid.join(changed, on=keys, how="left", nulls_equal=True).join(lapsed, on=keys, how="left", nulls_equal=True)
    filled = joined.with_columns(pl.exclude(*keys).fill_null(0)).sort(*keys, nulls_last=True)
    frame = _as_of_ends(filled, period, (first, days[1]), by)
    return Timeline(frame, period, days[0], days[1], tuple(by))


def _as_of_ends(filled: pl.DataFrame, period: Period, span: tuple[int, int], by: Sequence[str]) -> pl.DataFrame:
    """The metrics of the periods of a span, which is from a period to a day."""
    first, as_of = span
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
    ).filter(pl.col("at") >= first)
    unwatched = pl.col("lapsed_customers") * end - pl.col("lapsed_last_days")
    of_before = ("orders_in_previous_period", "customers_in_previous_period", "retained_customers")
    where_known = [pl.when(pl.col("at") > first).then(name).alias(name) for name in of_before]
    return aged.with_columns((pl.col("age_days") - unwatched).alias("exposure_days"), *where_known).drop(
        "first_days", "last_days", "lapsed_last_days"
    )


def _over(expression: pl.Expr, by: Sequence[str]) -> pl.Expr:
    return expression.over(*by) if by else expression
