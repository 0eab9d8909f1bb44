"""Buying: what every model of buying days can do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from clvcli.models.fit import Fit
from clvcli.models.histories import Array, Histories

_FADED = 40.0
"""What is discounted by exp(−40) is less than rounding."""


class BuyingModel(Protocol):
    """A model of how often customers buy until they leave unseen; times in days, parameters in the order of `parameters`."""

    @property
    def name(self) -> str:
        """Its name on the command line."""

    @property
    def label(self) -> str:
        """Its name as papers have it."""

    @property
    def parameters(self) -> Sequence[str]:
        """The names of its parameters."""

    @property
    def source(self) -> str:
        """The paper it comes from."""

    def fit(self, histories: Histories) -> Fit:
        """Its parameters where these histories are likeliest; raises FitError."""

    def log_likelihoods(self, values: Sequence[float], histories: Histories) -> Array:
        """The log-likelihood of each history, for one customer."""

    def alive(self, values: Sequence[float], histories: Histories) -> Array:
        """P(alive): the chance that a customer of each history hasn't left by the end of observation."""

    def expected(self, values: Sequence[float], histories: Histories, days: float) -> Array:
        """E[X(T, T+t)]: the buying days to come of each history in so many days."""

    def discounted(self, values: Sequence[float], histories: Histories, rate: float, days: float | None = None) -> Array:
        """The same, each discounted at so much a day, continuously; without `days` for ever, which papers call DERT."""

    def expected_of_new(self, values: Sequence[float], days: Array) -> Array:
        """E[X(t)]: the repeat buying days of a customer in so many days since the first."""

    def chances(self, values: Sequence[float], histories: Histories, days: float, most: int) -> Array:
        """P(X(T, T+t) = n) for n = 0 … most: a row per history, most + 1 columns."""


def horizon(rate: float, days: float | None) -> float:
    """How many days ahead count: `days`, or until what follows is discounted to nothing; raises ValueError if it never is."""
    if rate < 0 or (rate == 0 and days is None):
        raise ValueError("without a horizon purchases must be discounted, or there is no end to them")
    return min(math.inf if days is None else days, _FADED / rate if rate else math.inf)
