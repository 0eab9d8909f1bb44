"""Gamma-Gamma: what customers pay on a buying day, each one's own average drawn to everybody's as far as it is to be doubted.

What a customer pays is Gamma(p, ν) each time; ν differs between customers as Gamma(q, v). How much is paid and how often
one buys must be independent. Source: Fader & Hardie 2013, The Gamma-Gamma Model of Monetary Value (note 025).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, polygamma  # type: ignore[import-untyped]

from clvcli.models.fit import Fit, fitted
from clvcli.models.histories import Array, FitError, dot
from clvcli.models.newton import Derivatives, Matrix, maximum

_START = np.log([3.0, 3.0, 1.0])
_SAME = 1e-9
"""Averages that differ by less than this share of themselves are one price."""
_FEWEST = 3


@dataclass(frozen=True)
class Spending:
    """Distinct ways to spend: `repeats` buying days after the first (x), the `means` of what was paid on them (m), and of how many customers.

    Means are in units of the currency. Raises ValueError where a number is missing or no count.
    """

    repeats: Array
    means: Array
    customers: Array

    def __post_init__(self) -> None:
        for array in (self.repeats, self.means, self.customers):
            if not np.isfinite(array).all():
                raise ValueError("a customer's spending has a number that is missing or infinite")
        if ((self.repeats < 0) | (self.repeats != np.floor(self.repeats))).any():
            raise ValueError("a count of repeats is no whole number")

    @cached_property
    def fit_for(self) -> NDArray[np.bool_]:
        """Which of them the model can be fitted to: who came back and paid something."""
        return np.asarray((self.repeats > 0) & (self.means > 0))

    @property
    def left_out(self) -> float:
        """How many customers came back and paid nothing, or less, on average: predicted, but not fitted."""
        return float(self.customers[(self.repeats > 0) & (self.means <= 0)].sum())


@dataclass(frozen=True)
class GammaGamma:
    """The Gamma-Gamma model of spend per buying day; amounts are in units of the currency."""

    name: str = "gamma_gamma"
    label: str = "Gamma-Gamma"
    parameters: tuple[str, ...] = ("p", "q", "v")
    source: str = "Fader & Hardie 2013, The Gamma-Gamma Model of Monetary Value"

    def fit(self, spending: Spending) -> Fit:
        """The parameters where this spending is likeliest, of those who came back and paid something; raises FitError."""
        rows = _Rows.of(spending)
        scale = np.array([0.0, 0.0, np.log(rows.unit)])
        return fitted(self.name, self.parameters, maximum(rows.derivatives, _START + scale, scale), rows.total)

    def derivatives(self, spending: Spending) -> Derivatives:
        """The log-likelihood and its derivatives in the log-parameters; raises FitError where there is nothing to fit."""
        return _Rows.of(spending).derivatives

    def mean_of_all(self, values: Sequence[float]) -> float | None:
        """E[M] = pv/(q−1), what customers pay on average (eq. 3); None for q ≤ 1, where there is no mean."""
        p, q, v = values
        return p * v / (q - 1) if q > 1 else None

    def expected(self, values: Sequence[float], repeats: Array, means: Array, otherwise: float) -> Array:
        """E[M | x, m] = p(v + xm)/(px + q − 1), what each will pay on a buying day (eq. 5); the mean of all for who hasn't come back.

        `otherwise` stands where there is no such mean, which takes q ≤ 1. Spend below nought counts as nought; `means` of who
        hasn't come back aren't looked at.
        """
        p, q, v = values
        paid = np.where(repeats > 0, repeats * np.maximum(means, 0.0), 0.0)
        weight = p * repeats + q - 1
        return np.where(weight > 0, p * (v + paid) / np.where(weight > 0, weight, 1.0), otherwise)


GAMMA_GAMMA = GammaGamma()


@dataclass(frozen=True)
class _Rows:
    """The rows that can be fitted, in order of x: the distinct `x`, where each begins, and how many customers it has.

    `paid` is all that was paid, xm, in units of the geometric mean of m, so that the currency doesn't matter.
    """

    x: Array
    begins: NDArray[np.int64]
    counts: Array
    paid: Array
    customers: Array
    unit: float
    constant: tuple[float, float]

    @classmethod
    def of(cls, spending: Spending) -> _Rows:
        """These rows; raises FitError."""
        kept = np.flatnonzero(spending.fit_for & (spending.customers > 0))
        if not kept.size:
            raise FitError("no customer has come back and paid something", "use the average of all orders")
        kept = kept[np.argsort(spending.repeats[kept], kind="stable")]
        repeats, means, customers = spending.repeats[kept], spending.means[kept], spending.customers[kept]
        if np.ptp(means) <= _SAME * means.max():
            raise FitError("every customer spends the same", "use the average: there is no difference to learn from")
        log_means = dot(customers, np.log(means))
        unit = float(np.exp(log_means / customers.sum()))
        begins = np.flatnonzero(np.diff(repeats, prepend=0.0))
        paid = repeats * means / unit
        constant = (dot(customers, repeats * np.log(paid)), log_means)
        return cls(repeats[begins], begins, np.add.reduceat(customers, begins), paid, customers, unit, constant)

    @property
    def total(self) -> float:
        """How many customers they are."""
        return float(self.counts.sum())

    def derivatives(self, point: Array) -> tuple[float, Array, Matrix]:
        """The log-likelihood, gradient and Hessian at these log-parameters.

        Of one customer it is −ln B(px, q) + q ln v + px ln(xm) − ln m − (px+q) ln(v + xm) (eq. 1a): what hangs on x alone is
        worked out for each distinct x, so that a row costs a logarithm and a reciprocal.
        """
        p, q, v = map(float, np.exp(point - np.array([0.0, 0.0, math.log(self.unit)])))
        x, n = self.x, self.counts
        logs, first, second = self._sums(v)
        a, all_n = p * x + q, self.total
        log_v, spent = math.log(v), self.constant[0] - dot(x, logs)
        log_rate = all_n * log_v - float(logs.sum())
        value = -dot(n, betaln(p * x, q)) + q * log_rate + p * spent - self.constant[1]
        of_p = p * (dot(n * x, digamma(a) - digamma(p * x)) + spent)
        of_q = q * (dot(n, digamma(a)) - all_n * digamma(q) + log_rate)
        of_v = q * all_n - v * dot(a, first)
        curve = polygamma(1, a)
        pp = of_p + p * p * dot(n * x * x, curve - polygamma(1, p * x))
        qq = of_q + q * q * (dot(n, curve) - all_n * polygamma(1, q))
        vv = v * v * dot(a, second) - v * dot(a, first)
        pq, pv, qv = p * q * dot(n * x, curve), -p * v * dot(x, first), q * (all_n - v * float(first.sum()))
        return value, np.array([of_p, of_q, of_v]), np.array([[pp, pq, pv], [pq, qq, qv], [pv, qv, vv]])

    def _sums(self, v: float) -> tuple[Array, Array, Array]:
        """Of each distinct x the sums of ln(v + xm), 1/(v + xm) and 1/(v + xm)²."""
        reached = self.paid + v
        first = 1 / reached
        logs, once, twice = (np.add.reduceat(self.customers * each, self.begins) for each in (np.log(reached), first, first * first))
        return logs, once, twice


def independence(repeats: Array, means: Array, customers: Array) -> float | None:
    """Spearman's rank correlation between how often and how much those who came back buy, which the model takes to be nought.

    Equals share the mean of their ranks. None for fewer than three customers, or where all are equal in either.
    """
    back = repeats > 0
    counts = customers[back]
    if counts.sum() < _FEWEST:
        return None
    a, b = (_midranks(values[back], counts) - (counts.sum() + 1) / 2 for values in (repeats, means))
    spread = dot(counts, a * a) * dot(counts, b * b)
    return dot(counts, a * b) / math.sqrt(spread) if spread > 0 else None


def _midranks(values: Array, counts: Array) -> Array:
    """The mean rank of each value among all customers, from 1."""
    distinct, at = np.unique(values, return_inverse=True)
    each = np.bincount(at, weights=counts, minlength=len(distinct))
    return np.asarray((np.cumsum(each) - (each - 1) / 2)[at])
