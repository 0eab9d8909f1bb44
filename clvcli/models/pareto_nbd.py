"""Pareto/NBD: customers buy at rates of their own, and leave at rates of their own, at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, exprel  # type: ignore[import-untyped]

from clvcli.models.buying import horizon
from clvcli.models.fit import Fit, fitted
from clvcli.models.histories import Array, Histories
from clvcli.models.nbd import log_chances, log_likelihoods_of_rates
from clvcli.models.pairs import by_pair
from clvcli.models.pareto_likelihood import Lifetimes, log_odds
from clvcli.models.quadrature import time_rule
from clvcli.models.starts import MANY_LEAVE_AT_ONCE, likeliest, rates_start, require_repeats

_CELLS = 120


@dataclass(frozen=True)
class ParetoNbd:
    """Purchases at a rate λ ~ Gamma(r, alpha) until the customer leaves, which happens at a rate μ ~ Gamma(s, beta)."""

    name: str = "pareto_nbd"
    label: str = "Pareto/NBD"
    parameters: Sequence[str] = ("r", "alpha", "s", "beta")
    source: str = "Schmittlein, Morrison & Colombo 1987, Counting Your Customers, Management Science 33(1)"

    def fit(self, histories: Histories) -> Fit:
        """The parameters where these histories are likeliest; raises FitError."""
        require_repeats(histories)
        scale = np.log([1.0, histories.scale, 1.0, histories.scale])
        starts = [np.log([*rates_start(histories), 0.7, histories.scale]), np.log(MANY_LEAVE_AT_ONCE) + scale]
        found = likeliest(lambda some: Lifetimes(some).derivatives, histories, starts, scale)
        return fitted(self.name, self.parameters, found, histories.total)

    def log_likelihoods(self, values: Sequence[float], histories: Histories) -> Array:
        """The log-likelihood of each history, for one customer. Source: Fader & Hardie 2005, note 009, eq. 17, as an integral."""
        r, alpha, s, beta = values
        stayed = -s * np.log1p(histories.age / beta)
        return log_likelihoods_of_rates(r, alpha, histories) + stayed + np.logaddexp(0, log_odds(values, histories))

    def alive(self, values: Sequence[float], histories: Histories) -> Array:
        """P(alive). Source: Schmittlein, Morrison & Colombo 1987, eq. 11 to 13; note 009."""
        return np.asarray(expit(-log_odds(values, histories)))

    def expected(self, values: Sequence[float], histories: Histories, days: float) -> Array:
        """E[X(T, T+t)] = P(alive) · (r + x)/(alpha + T) · E[days stayed]. Source: Schmittlein et al. 1987, eq. 22, smooth at s = 1."""
        r, alpha, s, beta = values
        rate = (r + histories.repeats) / (alpha + histories.age)
        return self.alive(values, histories) * rate * _days_stayed(s, beta + histories.age, days)

    def discounted(self, values: Sequence[float], histories: Histories, rate: float, days: float | None = None) -> Array:
        """P(alive) · (r + x)/(alpha + T) · ∫ e^(−rate·t) (1 + t/(beta + T))^−s dt; without `days` for ever.

        Source: Fader, Hardie & Lee 2005, RFM and CLV, Journal of Marketing Research 42(4), eq. 6, as an integral.
        """
        r, alpha, s, beta = values
        until = horizon(rate, days)

        def of_living(repeats: Array, age: Array) -> Array:
            shortest = (beta + age) / max(1, s)
            times, spans = time_rule(np.minimum(shortest, 1 / rate) if rate else shortest, until)
            stayed = np.exp(-rate * times - s * np.log1p(times / (beta + age)[:, None]))
            return np.asarray((r + repeats) / (alpha + age) * np.einsum("ij,ij->i", spans, stayed))

        return self.alive(values, histories) * by_pair(histories, of_living, _CELLS)

    def expected_of_new(self, values: Sequence[float], days: Array) -> Array:
        """E[X(t)]. Source: Schmittlein, Morrison & Colombo 1987, eq. 17."""
        r, alpha, s, beta = values
        return r / alpha * _days_stayed(s, np.full_like(days, beta), days)

    def chances(self, values: Sequence[float], histories: Histories, days: float, most: int) -> Array:
        """P(X(T, T+t) = n) of who leaves at some time before t, over that time, and of who stays until t.

        Given alive, λ ~ Gamma(r + x, alpha + T) and μ ~ Gamma(s, beta + T) are independent.
        Source: Fader & Hardie 2006, note 012, which has it as a difference of hypergeometric functions.
        """
        r, alpha, s, beta = values

        def of_living(repeats: Array, age: Array) -> Array:
            shape, since, lived = r + repeats, alpha + age, beta + age
            stayed = np.exp(-s * np.log1p(days / lived))[:, None] * np.exp(log_chances(shape, days / since, most))
            soon = np.minimum(lived / (s + 1), since / shape)
            times, spans = time_rule(soon, days, fineness=_fineness(days / soon, most))
            leaving = s / lived[:, None] * np.exp(-(s + 1) * np.log1p(times / lived[:, None])) * spans
            bought = np.exp(log_chances(shape[:, None], times / since[:, None], most))
            return np.asarray(stayed + np.einsum("ij,ijn->in", leaving, bought))

        alive = self.alive(values, histories)
        found = alive[:, None] * by_pair(histories, of_living, _CELLS * (most + 1))
        found[:, 0] += 1 - alive
        return np.asarray(found)


def _days_stayed(s: float, beta: Array, days: float | Array) -> Array:
    """∫ (beta/(beta + t))^s dt over `days`: how many of them a customer stays, who leaves at a rate ~ Gamma(s, beta)."""
    grown = np.log1p(days / beta)
    return np.asarray(beta * grown * exprel((1 - s) * grown))


def _fineness(purchases: Array, most: int) -> Array:
    """Times narrower panels must be: the chance of n purchases peaks 1/√n wide in the logarithm of time."""
    return np.asarray(np.sqrt(1 + np.minimum(purchases, most)) / 2)


PARETO_NBD = ParetoNbd()
