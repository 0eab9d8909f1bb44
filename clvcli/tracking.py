"""Tracking: repeat purchases added up week by week, as they came and as models had it; the cut is where the models stopped looking."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
import numpy as np
import polars as pl
from narwhals.stable.v2 import col

from clvcli.cuts import Cut
from clvcli.models.histories import Array, dot
from clvcli.prediction import Fitted
from clvcli.tables import Frame

WEEK = 7
NAME, ACTUAL, DAY, REPEATS = "name", "actual", "day", "cumulative_repeats"


def repeat_days(days: Frame, cut: Cut) -> Frame:
    """One row per day: repeat purchases of customers won by the cut, from rows of `buying`."""
    again = days.filter((col("placed") == 1) & (col("day") > col("first_day")) & (col("first_day") <= cut.day) & (col("day") <= cut.end))
    return again.group_by("day").agg(nw.len().cast(nw.Int64).alias("repeats"))


def tracked(repeats: pl.DataFrame, rows: pl.DataFrame, fits: Sequence[Fitted], cut: Cut) -> pl.DataFrame:
    """One row per week's end and name: repeat purchases so far, of `actual` and of each model; rows of `repeat_days` and of `histories`.

    Source: Fader, Hardie & Lee 2005, Counting Your Customers the Easy Way, figure 2: tracking cumulative repeat transactions.
    """
    births = rows.group_by("first_day").len("won").sort("first_day")
    first = int(births["first_day"][0])
    weeks = np.arange(first + WEEK - 1, cut.end + 1, WEEK).astype(np.float64)
    counted = repeats.sort("day")
    sums = np.concatenate([[0.0], np.cumsum(counted["repeats"].to_numpy())])
    series = {ACTUAL: sums[np.searchsorted(counted["day"].to_numpy(), weeks, side="right")]}
    series |= {fit.model.name: _expected(fit, births, weeks) for fit in fits}
    parts = [pl.DataFrame({DAY: weeks.astype(np.int64), NAME: [name] * len(weeks), REPEATS: values}) for name, values in series.items()]
    return pl.concat(parts).sort(DAY, maintain_order=True)


def _expected(fit: Fitted, births: pl.DataFrame, weeks: Array) -> Array:
    """What the model expects of all who were born, at each week's end: the expectation depends on a customer's age alone."""
    days, won = births["first_day"].to_numpy(), births["won"].to_numpy().astype(np.float64)
    ages = np.arange(1.0, float(weeks[-1] - days[0]) + 1.0) if len(weeks) else np.empty(0)
    by_age = np.concatenate([[0.0], fit.model.expected_of_new(fit.buying.values, ages)])
    return np.array([dot(won, by_age[np.maximum(week - days, 0).astype(np.int64)]) for week in weeks])
