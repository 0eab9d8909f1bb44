"""Survival: how long customers stay, with those who haven't lapsed counted as unfinished; and the gaps between their orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from clvcli.tables import Frame

_PARTS = 1_000_000
"""A share of gaps is a whole number of millionths, so that a count is compared with it exactly."""


@dataclass(frozen=True)
class Step:
    """A step of the Kaplan–Meier curve: after `days`, of `at_risk` customers watched so long `lapsed` were lost, and `survival` is left."""

    days: int
    at_risk: int
    lapsed: int
    censored: int
    survival: float


def durations(customers: Frame) -> Frame:
    """One row per `exposure_days`: how many customers lapsed after so long, and how many were still there when last seen."""
    won = customers.filter(col("customers") == 1)
    counts = (col("customers").sum().cast(nw.Int64), col("lapsed_customers").sum().cast(nw.Int64))
    return won.group_by("exposure_days").agg(*counts)


def kaplan_meier(rows: Iterable[tuple[int, int, int]]) -> tuple[Step, ...]:
    """The survival curve of rows (days, customers, lapsed among them); who hasn't lapsed is censored at the end of that day.

    Source: Kaplan & Meier 1958, Nonparametric Estimation from Incomplete Observations.

    >>> [(s.days, round(s.survival, 3)) for s in kaplan_meier([(0, 2, 1), (10, 1, 1), (30, 1, 0)])]
    [(0, 0.75), (10, 0.375), (30, 0.375)]
    """
    ordered = sorted(rows)
    at_risk = sum(customers for _, customers, _ in ordered)
    steps: list[Step] = []
    survival = 1.0
    for days, customers, lapsed in ordered:
        survival *= 1 - lapsed / at_risk
        steps.append(Step(days, at_risk, lapsed, customers - lapsed, survival))
        at_risk -= customers
    return tuple(steps)


def survival_at(steps: Sequence[Step], days: int) -> float | None:
    """The share that hasn't lapsed after `days`; null where nobody was watched for so long."""
    if not steps or days > steps[-1].days:
        return None
    return next((s.survival for s in reversed(steps) if s.days <= days), 1.0)


def restricted_mean(steps: Sequence[Step], until: int) -> float | None:
    """The mean of days stayed, none counted beyond `until`; null where nobody was watched for so long.

    Source: Irwin 1949; Royston & Parmar 2013, restricted mean survival time.
    """
    if not steps or until > steps[-1].days:
        return None
    begins = [0, *(s.days for s in steps if s.days < until)]
    ends = [*begins[1:], until]
    heights = [1.0, *(s.survival for s in steps if s.days < until)]
    return sum(height * (end - begin) for height, begin, end in zip(heights, begins, ends, strict=True))


def restricted_means(steps: Sequence[Step]) -> list[float]:
    """The restricted mean up to each step, as restricted_mean has it; each from the one before."""
    means: list[float] = []
    day, height, mean = 0, 1.0, 0.0
    for step in steps:
        mean += height * (step.days - day)
        day, height = step.days, step.survival
        means.append(mean)
    return means


@dataclass(frozen=True)
class Gaps:
    """The gaps between a customer's days of purchase, and the silences that haven't ended, each with how many there are."""

    closed: tuple[tuple[int, int], ...]
    silent: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        """How many gaps have ended."""
        return sum(n for _, n in self.closed)

    def percentile(self, share: float, off_by: int = 0) -> int | None:
        """The least number of days within which at least `share` of the gaps had ended; null without any.

        Null too where it isn't certain, if each count may be `off_by` so many gaps.
        """
        reached = list(zip((days for days, _ in self.closed), accumulate(n for _, n in self.closed), strict=True))
        wanted = round(share * _PARTS) * self.count
        found = [next((days for days, n in reached if (n - off) * _PARTS >= wanted), None) for off in {-off_by, off_by}]
        return found[0] if len(set(found)) == 1 else None

    def longer(self, days: int) -> tuple[int, int]:
        """How many gaps longer than so many days ended in an order, and how many silences are longer now."""
        return sum(n for gap, n in self.closed if gap > days), sum(n for idle, n in self.silent if idle > days)


def gap_counts(orders: Frame) -> Frame:
    """One row per length of a gap in days between two days of purchase of one customer: how often it occurs."""
    days = orders.filter(col("placed") == 1).select("customer_id", "day").unique()
    before = col("day").shift(1).over("customer_id", order_by="day")
    gaps = days.with_columns((col("day") - before).alias("gap")).filter(~col("gap").is_null())
    return gaps.group_by("gap").agg(nw.len().cast(nw.Int64).alias("times"))


def silence_counts(customers: Frame) -> Frame:
    """One row per `idle_days`: how many customers have been silent for so long."""
    won = customers.filter(col("customers") == 1)
    return won.group_by("idle_days").agg(col("customers").sum().cast(nw.Int64))
