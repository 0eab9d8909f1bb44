"""sBG: how long customers stay who pay by contract, where each renewal or cancellation is seen.

A customer leaves at each renewal with the same chance θ; θ differs between customers as Beta(alpha, beta). Who stays
longest leaves least, so retention rises with age though nobody changes.
Source: Fader & Hardie 2007, How to Project Customer Retention (JIM 21(1)), and 2010, Customer-Base Valuation in a
Contractual Setting (Marketing Science 29(1)); several cohorts at once: note 017.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clvcli.models.beta_geometric import periods_to_come, survival
from clvcli.models.fit import Fit, fitted
from clvcli.models.histories import Array, FitError, dot
from clvcli.models.newton import Derivatives, Matrix, maximum


@dataclass(frozen=True)
class Renewals:
    """Customers by renewal t = 1, 2, …: `lost` at it, and `stayed_last` renewed then and weren't seen after it.

    Raises ValueError where these can't be counts of customers.
    """

    lost: Array
    stayed_last: Array

    def __post_init__(self) -> None:
        if self.lost.shape != self.stayed_last.shape:
            raise ValueError("there are not as many renewals in `lost` as in `stayed_last`")
        for counts in (self.lost, self.stayed_last):
            if not np.isfinite(counts).all() or (counts < 0).any():
                raise ValueError("a count of customers is missing, infinite or below nought")

    @classmethod
    def from_survivors(cls, survivors: Sequence[float]) -> Renewals:
        """Of one cohort, from how many there were at first and after each renewal."""
        left = np.asarray(survivors, dtype=np.float64)
        stayed_last = np.zeros(max(len(left) - 1, 0))
        stayed_last[-1:] = left[-1:]
        return cls(left[:-1] - left[1:], stayed_last)

    @cached_property
    def at_risk(self) -> Array:
        """How many customers came to each renewal."""
        return np.asarray(np.cumsum((self.lost + self.stayed_last)[::-1])[::-1])

    @property
    def total(self) -> float:
        """How many customers came to a renewal at all."""
        return float(self.at_risk[0]) if self.at_risk.size else 0.0


@dataclass(frozen=True)
class Sbg:
    """The shifted-beta-geometric model of contracts; periods are those between renewals, rates are of one period."""

    name: str = "sbg"
    label: str = "sBG"
    parameters: tuple[str, ...] = ("alpha", "beta")
    source: str = "Fader & Hardie 2007, How to Project Customer Retention"

    def fit(self, renewals: Renewals) -> Fit:
        """The parameters where these renewals are likeliest; raises FitError."""
        _check(renewals)
        share = float(renewals.lost.sum() / renewals.at_risk.sum())
        start = np.array([0.0, math.log((1 - share) / share)])
        return fitted(self.name, self.parameters, maximum(self.derivatives(renewals), start, start), renewals.total)

    def derivatives(self, renewals: Renewals) -> Derivatives:
        """The log-likelihood and its derivatives in the log-parameters: Σ lost·ln a + stayed·ln(b+j) − at_risk·ln(a+b+j), j = t−1.

        Each renewal is an event of its own with the chance of eq. 8, so cohorts of any age add up, and no Gamma function is needed.
        """
        risk, lost = renewals.at_risk, float(renewals.lost.sum())
        stayed, j = risk - renewals.lost, np.arange(len(risk), dtype=np.float64)

        def at(point: Array) -> tuple[float, Array, Matrix]:
            a, b = map(float, np.exp(point))
            one, two = dot(risk, 1 / (a + b + j)), dot(risk, 1 / (a + b + j) ** 2)
            value = lost * float(point[0]) + dot(stayed, np.log(b + j)) - dot(risk, np.log(a + b + j))
            gradient = np.array([lost - a * one, b * (dot(stayed, 1 / (b + j)) - one)])
            cross = a * b * two
            of_beta = gradient[1] - b * b * (dot(stayed, 1 / (b + j) ** 2) - two)
            return value, gradient, np.array([[a * a * two - a * one, cross], [cross, of_beta]])

        return at

    def survival(self, values: Sequence[float], periods: Array) -> Array:
        """S(t): the share of new customers still there after so many renewals (2007, eq. 6)."""
        return survival(*_pair(values), periods)

    def retention(self, values: Sequence[float], periods: Array) -> Array:
        """r(t): of those who come to the renewal t = 1, 2, …, the share who renew (2007, eq. 8)."""
        alpha, beta = _pair(values)
        return np.asarray((beta + periods - 1) / (alpha + beta + periods - 1))

    def lifetime(self, values: Sequence[float], rate: float) -> float | None:
        """DEL: how many payments a new customer will make, the first at once and whole, the others discounted.

        ₂F₁(1, b; a+b; 1/(1+d)). None where it isn't finite: at no rate for alpha ≤ 1. Source: 2010.
        """
        alpha, beta = _pair(values)
        more = float(periods_to_come(alpha, np.array([beta]), rate)[0])
        return None if math.isnan(more) else 1 + more

    def residual_lifetime(self, values: Sequence[float], rate: float, payments: Array) -> Array:
        """DERL: how many more payments a customer will make who made so many and now comes to the next renewal; that one is whole.

        (b+n−1)/(a+b+n−1) · ₂F₁(1, b+n; a+b+n; 1/(1+d)); nan where it isn't finite: at no rate for alpha ≤ 1. Source: 2010, eq. 6.
        """
        alpha, beta = _pair(values)
        return (1 + rate) * periods_to_come(alpha, beta + payments - 1, rate)

    def expected_renewals(self, values: Sequence[float], payments: Array, periods: int, rate: float) -> Array:
        """The same of the next so many renewals only; where the next is a whole period away, divide either by 1 + rate."""
        alpha, beta = _pair(values)
        return (1 + rate) * periods_to_come(alpha, beta + payments - 1, rate, periods)


SBG = Sbg()


def _pair(values: Sequence[float]) -> tuple[float, float]:
    alpha, beta = values
    return alpha, beta


def _check(renewals: Renewals) -> None:
    if renewals.total == 0:
        raise FitError("nobody has come to a renewal yet", "wait until the first contracts have been renewed or cancelled")
    if not renewals.lost.any():
        raise FitError(
            "nobody has left yet: how long customers stay can't be told before some have cancelled",
            "give a file with cancelled contracts too, or wait for the first cancellations",
        )
    seen = np.flatnonzero(renewals.at_risk)[-1] + 1
    if renewals.lost[0] == renewals.total:
        raise FitError("everybody left at the first renewal", "there is nobody to predict: each customer is worth one payment")
    if seen == 1:
        raise FitError(
            "only the first renewal has been seen: who stays after it can't be told from that",
            "wait for the second renewal, or count shorter periods",
        )
