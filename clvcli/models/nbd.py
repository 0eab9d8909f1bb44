"""NBD: customers buy at rates of their own and nobody ever leaves; what the other models add leaving to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clvcli.models.buying import horizon
from clvcli.models.fit import Fit, fitted
from clvcli.models.histories import Array, Histories, dot
from clvcli.models.newton import Matrix
from clvcli.models.starts import likeliest, rates_start, require_repeats, rising

_TINY = 1e-300


@dataclass(frozen=True)
class Purchasing:
    """The likelihood of purchases at rates λ ~ Gamma(r, alpha) of customers who don't leave; only ages and counts of repeats matter to it."""

    histories: Histories

    @cached_property
    def _by_age(self) -> tuple[Array, Array, Array]:
        """Distinct ages, how many customers are so old, and their repeats."""
        ages, places = np.unique(self.histories.age, return_inverse=True)
        customers, repeats = self.histories.customers, self.histories.customers * self.histories.repeats
        return ages, np.asarray(np.bincount(places, customers), np.float64), np.asarray(np.bincount(places, repeats), np.float64)

    def derivatives(self, logs: Array) -> tuple[float, Array, Matrix]:
        """The log-likelihood, its gradient and its Hessian in the logarithms of r and alpha."""
        r, alpha = map(float, np.exp(logs))
        ages, customers, repeats = self._by_age
        exceeding, steps = self.histories.exceeding, r + np.arange(self.histories.exceeding.size, dtype=np.float64)
        waited, left = np.log1p(ages / alpha), alpha / (alpha + ages)
        shapes = r * customers + repeats
        value = dot(exceeding, np.log(steps)) - dot(shapes, waited) - float(repeats.sum()) * float(np.log(alpha))
        by_r = r * (dot(exceeding, 1 / steps) - dot(customers, waited))
        by_alpha = r * float(customers.sum()) - dot(shapes, left)
        twice_r, twice_alpha = by_r - r**2 * dot(exceeding, steps**-2.0), -dot(shapes, left * (1 - left))
        both = r * dot(customers, 1 - left)
        return value, np.array([by_r, by_alpha]), np.array([[twice_r, both], [both, twice_alpha]])


def log_likelihoods_of_rates(r: float, alpha: float, histories: Histories) -> Array:
    """The logarithm of Γ(r + x)/Γ(r) · alpha^r / (alpha + T)^(r + x), written so that the Poisson limit r → ∞ is exact."""
    repeats, waited = histories.repeats, np.log1p(histories.age / alpha)
    return np.asarray(rising(r, repeats) - (r + repeats) * waited - repeats * np.log(alpha))


def log_chances(shape: Array, times: Array, most: int) -> Array:
    """The logarithm of P(n purchases) for n = 0 … most, along a new last axis, at a rate ~ Gamma(shape, 1) within `times`.

    Source: Fader, Hardie & Lee 2005, Marketing Science 24(2), eq. 8, the factor that isn't of dropout.
    """
    counts = np.arange(most, dtype=np.float64)
    more = np.log((shape[..., None] + counts) / (counts + 1)) + np.log(np.maximum(times, _TINY) / (1 + times))[..., None]
    none = -shape * np.log1p(times)
    return np.asarray(np.cumsum(np.concatenate([none[..., None], more], axis=-1), axis=-1))


@dataclass(frozen=True)
class Nbd:
    """The negative binomial distribution of purchases. Source: Ehrenberg 1959, The Pattern of Consumer Purchases."""

    name: str = "nbd"
    label: str = "NBD"
    parameters: Sequence[str] = ("r", "alpha")
    source: str = "Ehrenberg 1959, The Pattern of Consumer Purchases, Applied Statistics 8(1)"

    def fit(self, histories: Histories) -> Fit:
        """The r and alpha where these histories are likeliest; raises FitError."""
        require_repeats(histories)
        scale = np.log([1.0, histories.scale])
        found = likeliest(lambda some: Purchasing(some).derivatives, histories, [np.log(rates_start(histories))], scale)
        return fitted(self.name, self.parameters, found, histories.total)

    def log_likelihoods(self, values: Sequence[float], histories: Histories) -> Array:
        """The log-likelihood of each history, for one customer."""
        r, alpha = values
        return log_likelihoods_of_rates(r, alpha, histories)

    def alive(self, values: Sequence[float], histories: Histories) -> Array:  # noqa: ARG002 - nobody leaves, whatever the parameters
        """One: nobody leaves."""
        return np.ones_like(histories.repeats)

    def expected(self, values: Sequence[float], histories: Histories, days: float) -> Array:
        """So much as (r + x) / (alpha + T) a day."""
        r, alpha = values
        return np.asarray((r + histories.repeats) / (alpha + histories.age) * days)

    def discounted(self, values: Sequence[float], histories: Histories, rate: float, days: float | None = None) -> Array:
        """The same, each discounted; without `days` for ever."""
        until = horizon(rate, days)
        return self.expected(values, histories, -np.expm1(-rate * until) / rate if rate else until)

    def expected_of_new(self, values: Sequence[float], days: Array) -> Array:
        """So much as r / alpha a day."""
        r, alpha = values
        return np.asarray(r / alpha * days)

    def chances(self, values: Sequence[float], histories: Histories, days: float, most: int) -> Array:
        """P(X(T, T+t) = n), negative binomial with r + x and alpha + T."""
        r, alpha = values
        return np.asarray(np.exp(log_chances(r + histories.repeats, days / (alpha + histories.age), most)))


NBD = Nbd()
