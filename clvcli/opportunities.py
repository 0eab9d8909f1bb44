"""Opportunities: buying counted in calendar periods, for shops where customers can buy once in each, as donors are asked once a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from narwhals.stable.v2 import col
from scipy.special import betaln, gammaln  # type: ignore[import-untyped]

from clvcli.cuts import Cut
from clvcli.models.beta_geometric import survival
from clvcli.models.bg_bb import BG_BB, Chances
from clvcli.models.fit import Fit
from clvcli.models.histories import Array, Histories
from clvcli.periods import Period, is_running, period_index
from clvcli.tables import Frame


def by_period(days: Frame, period: Period, as_of: int) -> tuple[Frame, Cut]:
    """Rows of `buying` with calendar periods in the place of days, and the last whole one; what came in one still running isn't counted."""
    last = period_index(as_of, period) - (1 if is_running(as_of, period) else 0)
    known = days.with_columns(period_index(col("day"), period).alias("day"), period_index(col("first_day"), period).alias("first_day"))
    sums = [col("placed").max(), *(col(n).sum() for n in ("revenue", "contribution") if n in days.collect_schema().names())]
    return known.filter(col("day") <= last).group_by("customer_id", "day", "first_day").agg(*sums), Cut(last)


@dataclass(frozen=True)
class BuyingByPeriod:
    """BG/BB as a model of buying whose days are periods: a buying day is a period with a purchase, and each period is a chance of one."""

    name: str = BG_BB.name
    label: str = BG_BB.label
    parameters: tuple[str, ...] = BG_BB.parameters
    source: str = BG_BB.source

    def fit(self, histories: Histories) -> Fit:
        """The parameters where these histories are likeliest; raises FitError."""
        return BG_BB.fit(_chances(histories))

    def log_likelihoods(self, values: Sequence[float], histories: Histories) -> Array:
        """The log-likelihood of each history, for one customer."""
        return BG_BB.log_likelihoods(values, _chances(histories))

    def alive(self, values: Sequence[float], histories: Histories) -> Array:
        """P(alive): the chance that a customer of each history is there for the next period."""
        return BG_BB.alive(values, _chances(histories), after=1)

    def expected(self, values: Sequence[float], histories: Histories, days: float) -> Array:
        """The periods with a purchase to come of each history in so many periods."""
        return BG_BB.expected(values, _chances(histories), int(days))

    def discounted(self, values: Sequence[float], histories: Histories, rate: float, days: float | None = None) -> Array:
        """The same, discounted at so much a period, continuously; without `days` for ever."""
        return BG_BB.discounted(values, _chances(histories), float(np.expm1(rate)), None if days is None else int(days))

    def expected_of_new(self, values: Sequence[float], days: Array) -> Array:
        """How many of so many periods after the first a customer buys in."""
        return BG_BB.expected_of_new(values, days)

    def chances(self, values: Sequence[float], histories: Histories, days: float, most: int) -> Array:
        """P(X(n, n+m) = k) for k = 0 … most: a row per history (2010, eq. A13, over when a customer leaves)."""
        alpha, beta, gamma, delta = values
        x, n, periods = histories.repeats[:, None], histories.age[:, None], int(days)
        there = BG_BB.alive(values, _chances(histories))[:, None]
        k = np.arange(most + 1.0)
        left = np.stack([survival(gamma, delta + each, np.arange(periods + 2.0)) for each in histories.age])
        found = np.where(k == 0, 1 - there, 0.0) + np.zeros_like(x)
        for lasted in range(periods + 1):
            share = left[:, lasted] - left[:, lasted + 1] if lasted < periods else left[:, lasted]
            some = k[k <= lasted]
            ways = gammaln(lasted + 1) - gammaln(some + 1) - gammaln(lasted - some + 1)
            taken = betaln(alpha + x + some, beta + n - x + lasted - some) - betaln(alpha + x, beta + n - x)
            found[:, : len(some)] += there * share[:, None] * np.exp(ways + taken)
        return np.asarray(found)


BUYING_BY_PERIOD = BuyingByPeriod()


def _chances(histories: Histories) -> Chances:
    return Chances(histories.repeats, histories.active, histories.age, histories.customers)
